"""The restricted unpickler: a pickle becomes inert values, and those become a tree.

Nothing that a pickle names is imported or called. `unpickler` is a machine for every opcode of
protocols 0 to 5, `allowlist` says which globals have a meaning here, `standins` are what all the
others become, `tree` turns the result into nodes.
"""
