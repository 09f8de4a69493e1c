"""Runs the documentation's examples at ADDRESS with the sandbox key API_KEY.

The examples are in Python and JavaScript. Each must print an answer of the API: a successful one, or
"not found" for the made-up ids of keys and requests.
"""

import json
import os
import re
import subprocess
import sys

import requests

ADDRESS, KEY = os.environ["ADDRESS"], os.environ["API_KEY"]
COMMANDS = {"python": [sys.executable, "-c"], "js": ["node", "--input-type=module", "--eval"]}


def run(language, code):
    """The answer that an example prints."""
    # Python and Node print objects in their own forms.
    code = code.replace("ct_live_YOUR_KEY", KEY).replace("response.json()", "response.text" + "()" * (language == "js"))
    ran = subprocess.run([*COMMANDS[language], code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, f"{code}\n{ran.stderr}"
    return json.loads(ran.stdout)


index = requests.get(f"{ADDRESS}/llms.txt", timeout=10).text
count = 0
for page in sorted(set(re.findall(re.escape(ADDRESS) + r"/docs/[\w/-]+\.md", index))):
    text = requests.get(page, timeout=10).text
    for language, code in re.findall(r"^```(python|js)\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
        answer = run(language, code)
        assert answer["ok"] or answer["code"] == "not_found", f"{page}:\n{code}\n{answer}"
        count += 1
assert count, "no page has an example"
print(f"{count} examples ran")
