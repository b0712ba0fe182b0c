/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lets user-mode Linux run on processors whose register state is larger than it expects.
 *
 * User-mode Linux keeps its processes' floating-point registers in a buffer of fixed size and
 * restores them with ptrace(PTRACE_SETREGSET, NT_X86_XSTATE). Kernels of processors with AMX
 * accept that only when the whole state is passed, and the buffer is too short for it: the
 * virtual machine stops with "ptrace set fp regs failed". Preloaded into it, this function takes
 * the place of ptrace(), reads the process's present state in full, puts what user-mode Linux
 * gave over its beginning and passes that. Processors without AMX are served as before.
 *
 * It also asks that the processes die with the virtual machine: what is left of one that was
 * killed would go on as processes of the real machine.
 */
#define _GNU_SOURCE
#include <elf.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define STATE_MAX 65536
/* The number of PTRACE_SETOPTIONS that user-mode Linux uses; the headers don't name it. */
#define OLD_SETOPTIONS 21
/* In the XSAVE layout: the bit map of the parts that hold something, and the bits of AMX. */
#define PARTS_AT 512
#define AMX_PARTS (3UL << 17)

static unsigned char state[STATE_MAX] __attribute__((aligned(64)));

/* The whole of the process's state, overlaid with the given part of it; as one iovec. */
static struct iovec completed(pid_t pid, const struct iovec *given)
{
    struct iovec whole = {.iov_base = state, .iov_len = sizeof(state)};
    unsigned long parts;

    if (syscall(SYS_ptrace, PTRACE_GETREGSET, pid, NT_X86_XSTATE, &whole) != 0 ||
        whole.iov_len <= given->iov_len || given->iov_len < PARTS_AT + sizeof(parts))
        return *given;
    memcpy(state, given->iov_base, given->iov_len);
    memset(state + given->iov_len, 0, whole.iov_len - given->iov_len);
    memcpy(&parts, state + PARTS_AT, sizeof(parts));
    parts &= ~AMX_PARTS;
    memcpy(state + PARTS_AT, &parts, sizeof(parts));
    return whole;
}

long ptrace(enum __ptrace_request request, ...)
{
    va_list arguments;
    va_start(arguments, request);
    pid_t pid = va_arg(arguments, pid_t);
    void *address = va_arg(arguments, void *);
    void *data = va_arg(arguments, void *);
    va_end(arguments);

    if (request == PTRACE_PEEKTEXT || request == PTRACE_PEEKDATA || request == PTRACE_PEEKUSER) {
        long word = 0; /* the system call stores it, the library function returns it */
        return syscall(SYS_ptrace, request, pid, address, &word) == 0 ? word : -1;
    }
    if (request == PTRACE_SETREGSET && address == (void *)NT_X86_XSTATE) {
        struct iovec whole = completed(pid, data);
        return syscall(SYS_ptrace, request, pid, address, &whole);
    }
    if (request == PTRACE_SETOPTIONS || request == OLD_SETOPTIONS)
        data = (void *)((unsigned long)data | PTRACE_O_EXITKILL);
    return syscall(SYS_ptrace, request, pid, address, data);
}
