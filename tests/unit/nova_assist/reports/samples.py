# SPDX-License-Identifier: Apache-2.0
"""Reports made by hand."""

from __future__ import annotations

from hypothesis import strategies

from nova_assist.reports.model import Finding, RunReport, ScenarioResult, Step, Verdict

FINDING = Finding(
    judge='data',
    fault='block 7 of snapshot second has the data of a later time',
    expected='pattern 0x2a <of "second"> & nothing else',
    found='pattern 0x2b',
    files=('volume-1.info', 'volume-1.8f1c'),
)


def passed(name: str = 'offline-chain-raw') -> ScenarioResult:
    step = Step(
        'create the first snapshot',
        Verdict.PASS,
        0.25,
        chains={'volume-1': ['volume-1.8f1c', 'volume-1']},
    )
    return ScenarioResult(
        name, Verdict.PASS, 1.5, repeat=f'nova-assist run --scenario {name}', steps=[step]
    )


def failed(name: str = 'online-chain-qcow2') -> ScenarioResult:
    result = passed(name)
    result.verdict = Verdict.FAIL
    result.steps.append(Step('delete the middle snapshot', Verdict.FAIL, 2.0, [FINDING]))
    return result


def unknown(name: str = 'reboot-raw') -> ScenarioResult:
    return ScenarioResult(
        name, Verdict.UNKNOWN, 3.0, 'the data judge crashed: OSError', 'repeat me'
    )


def not_run(name: str = 'extend-raw') -> ScenarioResult:
    return ScenarioResult(name, Verdict.NOT_RUN, 0.0, "the driver can't extend")


def report(*results: ScenarioResult) -> RunReport:
    return RunReport(
        driver='driver.nfs.NfsDriver',
        versions={'cinder': '28.0.0', 'qemu': '7.2.9'},
        seed=42,
        command='nova-assist run --seed 42',
        started='2026-11-23T06:00:00+00:00',
        share='a local folder of the cloud',
        scenarios=list(results),
        logs={'log/cinder.log': 'logs/log-cinder.log'},
        seconds=8.0,
        start_up_seconds=3.0,
        options={'nas_secure_file_operations': 'true'},
        accounts={'cinder': 'cinder (uid 64061)', 'root on the share': 'squashed'},
    )


def mixed() -> RunReport:
    return report(passed(), failed(), unknown(), not_run())


_TEXTS = strategies.text(strategies.characters(), max_size=20)
_SECONDS = strategies.floats(0, 1e6)
_VERDICTS = strategies.sampled_from(Verdict)
_FINDINGS = strategies.builds(
    Finding,
    judge=_TEXTS,
    fault=_TEXTS,
    expected=_TEXTS,
    found=_TEXTS,
    files=strategies.lists(_TEXTS, max_size=2).map(tuple),
    verdict=_VERDICTS,
)
_STEPS = strategies.builds(
    Step,
    name=_TEXTS,
    verdict=_VERDICTS,
    seconds=_SECONDS,
    findings=strategies.lists(_FINDINGS, max_size=2),
    chains=strategies.dictionaries(_TEXTS, strategies.lists(_TEXTS, max_size=3), max_size=2),
)
_RESULTS = strategies.builds(
    ScenarioResult,
    name=_TEXTS,
    verdict=_VERDICTS,
    seconds=_SECONDS,
    reason=_TEXTS,
    repeat=_TEXTS,
    steps=strategies.lists(_STEPS, max_size=2),
)
REPORTS = strategies.builds(
    RunReport,
    driver=_TEXTS,
    versions=strategies.dictionaries(_TEXTS, _TEXTS, max_size=2),
    seed=strategies.integers(0, 2**63),
    command=_TEXTS,
    started=_TEXTS,
    share=_TEXTS,
    scenarios=strategies.lists(_RESULTS, max_size=2),
    logs=strategies.dictionaries(_TEXTS, _TEXTS, max_size=2),
    seconds=_SECONDS,
    start_up_seconds=_SECONDS,
    options=strategies.dictionaries(_TEXTS, _TEXTS, max_size=2),
    accounts=strategies.dictionaries(_TEXTS, _TEXTS, max_size=2),
    cloud=strategies.dictionaries(_TEXTS, _TEXTS, max_size=2),
)
"""Any report at all; names with control characters and undecodable bytes included."""
