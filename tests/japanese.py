"""What a Japanese reader stumbles over and a program can see: width and spacing of signs, and two words for one thing.

Sources: the JTF style guide for translated texts (width of signs, long vowels), and the catalogue's own custom of a
space between Japanese and Latin letters or digits, which is also that of CLDR's formats (`2 時間前`).
"""

from __future__ import annotations

import re

_LETTER = r"[\u3041-\u3096\u30a1-\u30fc\u4e00-\u9fff々]"
_CUSTOMS = (
    (re.compile(rf"{_LETTER}\s?[(?!:;,]|[)]{_LETTER}"), "a sign of half width beside Japanese: write （）？！：、"),
    (re.compile(rf"\([^()]*{_LETTER}[^()]*\)"), "Japanese in parentheses of half width: write （）"),
    (re.compile(r"[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a]"), "a Latin letter or digit of full width"),
    (re.compile(rf"{_LETTER}[A-Za-z0-9`]|[A-Za-z0-9`]{_LETTER}"), "no space between Japanese and Latin"),
    (re.compile(r"\s[、。（）]|[、。（]\s(?=\S)"), "a space beside a sign of full width"),
    (re.compile(r"[、。]{2}|。」。"), "a sign twice"),
)
WORDS = {
    "重要度": "重大度",
    "所見": "検出結果",
    "勧告": "アドバイザリ",
    "ネットワーク到達性": "ネットワーク到達可能性",
    "アセスメント": "評価",
    "スキャン": "診断、評価",
    "ログイン": "サインイン",
    "ログアウト": "サインアウト",
    "リカバリーコード": "復旧コード",
    "ユーザ(?!ー)": "ユーザー",
    "サーバ(?!ー)": "サーバー",
    "ブラウザ(?!ー)": "ブラウザー",
    "プロバイダ(?!ー)": "プロバイダー",
    "マネージャ(?!ー)": "マネージャー",
    "フォルダ(?!ー)": "フォルダー",
    "メモリー": "メモリ",
    "下さい": "ください",
    "出来(?!事)": "でき",
    "既に": "すでに",
    "全て": "すべて",
    "わか[りるら]": "分かる",
}
"""A word that is not used → the one that is, for one thing has one name in catalogues and documents."""
_PLAIN = re.compile(r"(?:[うくぬむるぐぶ]|(?<!\d )つ|(?<![まで])す|(?<![まで]し)た|(?<!くださ)い|だ)。")


def flaws(text: str) -> list[str]:
    """What is wrong with a text, each with the place."""
    found = [f"{match[0]!r}: {why}" for pattern, why in _CUSTOMS for match in pattern.finditer(text)]
    return found + [
        f"{match[0]!r}: say {better}" for word, better in WORDS.items() for match in re.finditer(word, text)
    ]


def plain_ends(text: str) -> list[str]:
    """Ends of sentences that are not in the polite form (です・ます)."""
    return [text[max(0, match.start() - 12) : match.end()] for match in _PLAIN.finditer(text)]
