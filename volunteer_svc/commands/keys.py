"""Makes the key ring of the secret fields and the key that signs heads, once."""

from volunteer_svc.config import Config
from volunteer_svc.identity import signing, vault


def main(config: Config) -> None:
    """Make the files unless they are there; an existing one is left as it is."""
    vault.create_key_file(config.key_file)
    signing.create(config.signing_key_file)
    print(config.key_file)
    print(config.signing_key_file)
