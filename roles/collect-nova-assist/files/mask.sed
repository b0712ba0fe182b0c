# SPDX-License-Identifier: Apache-2.0
# What is taken out of each text that is published; for GNU "sed -E". Too much rather than too little.

# A password in a URL, up to the last @, for a URL may name several servers.
s#(://[^:/@[:space:]]*:)[^[:space:]"'<]*@#\1***@#g

# A line of a configuration file, up to its end.
s#^([[:space:]]*[a-z0-9_.-]*(pass|passwd|password|secret|token|api_key|access_key|private_key|secret_key|auth_key|fixed_key)[[:space:]]*=[[:space:]]*).+$#\1***#I

# A value in quotes in the middle of a text, all that is between them; first in JSON, then in Python's
# way, in JSON within JSON, and on a page.
s~((pass|passwd|password|secret|token|api_key|access_key|private_key|secret_key|auth_key|fixed_key)["']?[[:space:]]*[=:][[:space:]]*")([^"\\]|\\.)*~\1***~Ig
s~((pass|passwd|password|secret|token|api_key|access_key|private_key|secret_key|auth_key|fixed_key)(\\*["']|&quot;|&#x27;)?[[:space:]]*[=:][[:space:]]*('|\\+["']|&quot;|&#x27;))[^"'&]*~\1***~Ig

# The same without quotes.
s#((pass|passwd|password|secret|token|api_key|access_key|private_key|secret_key|auth_key|fixed_key)["']?[[:space:]]*[=:][[:space:]]*["']?)[^]}[:space:],"'<&]+#\1***#Ig
