"""Uses the Rust crate redis, by the program of crate/."""

import os
import subprocess

from with_server import HERE, WithServer, run_with_server

MANIFEST = os.path.join(HERE, "crate", "Cargo.toml")
TARGET = os.path.abspath("target/crate")


class RustCrate(WithServer):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        subprocess.run(["cargo", "build", "--quiet", "--manifest-path", MANIFEST], check=True,
                       env=os.environ | {"CARGO_TARGET_DIR": TARGET})

    def test_values_errors_pipelines_transactions_and_messages(self):
        program = os.path.join(TARGET, "debug", "redis-crate-client")
        for protocol in ("2", "3"):
            with self.subTest(protocol=protocol):
                done = subprocess.run([program, str(self.server.port), protocol],
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout.decode(errors="replace"))


if __name__ == "__main__":
    run_with_server()
