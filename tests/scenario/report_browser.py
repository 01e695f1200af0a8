"""Opens a report page in headless Chromium and prints, as JSON, what is there.

usage: report_browser.py PAGE [--screenshots PREFIX]

Speaks WebDriver to chromedriver with the standard library alone. Printed: the page's visible text,
what the console and the network saw, and for each colour scheme the ground's colour and how many
colours each chart has. With --screenshots it also writes PREFIX-WIDTH-SCHEME.png.
"""
import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

WIDTHS = (1400, 420)

COLOURS_OF_CHARTS = """
return [...document.querySelectorAll('canvas')].map((canvas) => {
  const octets = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  const seen = new Set();
  for (let i = 0; i < octets.length; i += 4) seen.add(octets.slice(i, i + 4).join());
  return seen.size;
});
"""


def request(url, method, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(
        urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method),
        timeout=120,
    ) as answer:
        return json.load(answer)["value"]


class Browser:
    def __init__(self, folder):
        chromium = shutil.which("chromium") or shutil.which("chromium-browser")
        port_file = os.path.join(folder, "driver.log")
        with open(port_file, "w") as log:
            self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=log, stderr=log)
        for _ in range(600):
            text = open(port_file).read()
            if "on port " in text and text.rstrip().endswith("."):
                break
            time.sleep(0.1)
        port = text.rsplit("on port ", 1)[1].split(".")[0]
        session = request(f"http://127.0.0.1:{port}/session", "POST", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"binary": chromium, "args": [
                "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update", "--disable-sync",
                "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile"]},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}})
        self.url = f"http://127.0.0.1:{port}/session/{session['sessionId']}"

    def call(self, path, body=None):
        return request(self.url + path, "POST", body or {})

    def run(self, script):
        return self.call("/execute/sync", {"script": script, "args": []})

    def developer_tools(self, command, **parameters):
        return self.call("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def close(self):
        try:
            request(self.url, "DELETE")
        finally:
            self.driver.terminate()
            self.driver.wait()


def look(browser, page, prefix):
    facts = {"schemes": {}}
    browser.call("/url", {"url": "about:blank"})
    browser.call("/se/log", {"type": "performance"})  # What the browser did for itself.
    for scheme in ("light", "dark"):
        browser.developer_tools("Emulation.setEmulatedMedia",
                                features=[{"name": "prefers-color-scheme", "value": scheme}])
        browser.call("/url", {"url": "file://" + os.path.abspath(page)})
        facts["schemes"][scheme] = {
            "ground": browser.run("return getComputedStyle(document.body).backgroundColor"),
            "colours_of_charts": browser.run(COLOURS_OF_CHARTS),
        }
        for width in WIDTHS if prefix else ():
            browser.developer_tools("Emulation.setDeviceMetricsOverride", width=width, height=900,
                                    deviceScaleFactor=1, mobile=False)
            height = browser.run("return document.documentElement.scrollHeight")
            browser.developer_tools("Emulation.setDeviceMetricsOverride", width=width,
                                    height=min(height, 5000), deviceScaleFactor=1, mobile=False)
            time.sleep(0.5)
            shot = browser.developer_tools("Page.captureScreenshot", format="png")
            with open(f"{prefix}-{width}-{scheme}.png", "wb") as file:
                file.write(base64.b64decode(shot["data"]))
            facts.setdefault("overflow", {})[f"{width}"] = browser.run(
                "return document.documentElement.scrollWidth - innerWidth")
    # The switch outweighs the system's scheme, dark by now.
    browser.run("const s = document.getElementById('theme'); s.value = 'light';"
                "s.dispatchEvent(new Event('change'))")
    facts["switched_ground"] = browser.run("return getComputedStyle(document.body).backgroundColor")
    facts["title"] = browser.run("return document.title")
    facts["text"] = browser.run("return document.body.innerText")
    facts["sections"] = browser.run("return [...document.querySelectorAll('section[id]')].map(s => s.id)")
    facts["nodes"] = browser.run("return document.querySelectorAll('.picture .node').length")
    facts["injected"] = browser.run(
        "return window.injected === true || !!document.querySelector('#page script, #page img, #page a')")
    facts["filtered"] = browser.run("""
        const box = document.getElementById('filter');
        if (!box) return null;
        box.value = 'no such device anywhere';
        box.dispatchEvent(new Event('input'));
        return document.querySelectorAll('#failing tbody tr:not([hidden])').length;""")
    facts["console"] = [entry["message"] for entry in browser.call("/se/log", {"type": "browser"})]
    facts["requests"] = []
    for entry in browser.call("/se/log", {"type": "performance"}):
        message = json.loads(entry["message"])["message"]
        if message["method"] == "Network.requestWillBeSent":
            facts["requests"].append(message["params"]["request"]["url"])
    return facts


def main():
    prefix = sys.argv[3] if len(sys.argv) == 4 and sys.argv[2] == "--screenshots" else ""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder)
        try:
            print(json.dumps(look(browser, sys.argv[1], prefix)))
        finally:
            browser.close()


main()
