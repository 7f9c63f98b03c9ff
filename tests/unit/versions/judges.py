"""The ecosystems' own software, asked for many comparisons at once: -1, 0, 1, or None where it refuses one of two."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

from support import need_tool
from unit.versions.pairs import Pair

NODE = """
const SemVer = require(process.argv[1]);
const made = v => { try { return new SemVer(v) } catch (e) { if (e instanceof TypeError) return null; throw e } };
const answers = JSON.parse(require('fs').readFileSync(0)).map(([a, b]) => {
  const left = made(a), right = made(b);
  return left && right ? left.compare(right) : null;
});
console.log(JSON.stringify(answers));
"""

RUBY = """
require 'json'
def made(version)
  Gem::Version.new(version)
rescue ArgumentError
  nil
end
answers = JSON.parse(STDIN.read).map { |a, b| l, r = made(a), made(b); l && r ? l <=> r : nil }
puts JSON.generate(answers)
"""

PHP = """
require '/usr/share/php/Composer/Semver/autoload.php';
$parser = new Composer\\Semver\\VersionParser();
$made = function ($v) use ($parser) {
  try { $n = $parser->normalize($v); return strpos($n, 'dev-') === 0 ? null : $n; }
  catch (UnexpectedValueException $e) { return null; }
};
$answers = array_map(function ($pair) use ($made) {
  $a = $made($pair[0]); $b = $made($pair[1]);
  return $a === null || $b === null ? null : version_compare($a, $b);
}, json_decode(stream_get_contents(STDIN)));
echo json_encode($answers);
"""

SEMVER = ("/usr/lib/node_modules/npm/node_modules/semver", "/usr/share/nodejs/semver")
MAVEN_JARS = ("/usr/share/java/maven-artifact-3.x.jar", "/usr/share/java/maven3-artifact.jar")
JAVA_SAYS = re.compile(r"   \S+ (<|==|>) \S+")
SIGNS = {"<": -1, "==": 0, ">": 1}
COMMONS_JARS = ("/usr/share/java/commons-lang3.jar",)


def node(asked: list[Pair]) -> list[int | None]:
    """node-semver, npm's own copy or the distribution's."""
    program = need_tool("node", "nodejs")
    semver = next((path for path in SEMVER if Path(path).is_dir()), None)
    if semver is None:
        pytest.skip("needs: node-semver")
    return _answers([program, "-e", NODE, f"{semver}/classes/semver.js"], asked)


def ruby(asked: list[Pair]) -> list[int | None]:
    """`Gem::Version`."""
    return _answers([need_tool("ruby", "ruby"), "-e", RUBY], asked)


def php(asked: list[Pair]) -> list[int | None]:
    """`Composer\\Semver` and PHP's `version_compare`."""
    program = need_tool("php", "php-cli")
    if not Path("/usr/share/php/Composer/Semver/autoload.php").exists():
        pytest.skip("needs: php-composer-semver")
    return _answers([program, "-r", PHP], asked)


def java(asked: list[Pair]) -> list[int | None]:
    """Maven's `ComparableVersion`; it refuses nothing. Run by itself it compares each argument with the next."""
    program = need_tool("java", "default-jre-headless")
    jars = [next((jar for jar in choice if Path(jar).exists()), "") for choice in (MAVEN_JARS, COMMONS_JARS)]
    if not all(jars):
        pytest.skip("needs: libmaven3-core-java")
    versions = [version for pair in asked for version in pair]
    command = [program, "-cp", ":".join(jars), "org.apache.maven.artifact.versioning.ComparableVersion", *versions]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    signs = [found[1] for line in done.stdout.splitlines() if (found := JAVA_SAYS.fullmatch(line))]
    assert len(signs) == len(versions) - 1
    return [SIGNS[sign] for sign in signs[::2]]


def _answers(command: list[str], asked: list[Pair]) -> list[int | None]:
    done = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, check=True)
    answers: list[int | None] = json.loads(done.stdout)
    assert len(answers) == len(asked)
    return answers
