"""A headless Chromium, driven over the WebDriver protocol with nothing but Python's own library.

It waits for what the page shows, never for a time, and keeps what the page wrote to its console and asked of the network.
"""

import base64
import json
import pathlib
import subprocess
import tempfile
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--hide-scrollbars",
]
CLICK_TRIES = 40
# Resolves as soon as the expression is true; looks again whenever the page changes.
WAIT = """
const [expression, done] = arguments, look = new Function("return " + expression);
const found = look();
if (found) { done(true); } else {
  const watch = new MutationObserver(() => { if (look()) { watch.disconnect(); done(true); } });
  watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
}
"""


class Browser:
    """One window. Use it in a `with`."""

    def __init__(self, chromium, driver, patience_s=20, dark=False):
        self.profile = tempfile.TemporaryDirectory(prefix="raqam-browser-")
        self.process = subprocess.Popen(
            [driver, "--port=0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        port = next(line.rsplit(" ", 1)[1].strip(". \n") for line in self.process.stdout if "started successfully" in line)
        self.base = f"http://127.0.0.1:{port}"
        flags = FLAGS + [f"--user-data-dir={self.profile.name}"] + (["--force-dark-mode"] if dark else [])
        options = {"binary": chromium, "args": flags, "perfLoggingPrefs": {"enableNetwork": True}}
        wanted = {
            "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            "timeouts": {"script": patience_s * 1000, "pageLoad": patience_s * 1000},
        }
        answer = self.ask("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})
        self.base += "/session/" + answer["sessionId"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        finally:
            self.process.terminate()
            self.process.wait()
            self.profile.cleanup()

    def ask(self, method, path, body=None):
        data = None if method != "POST" else json.dumps(body or {}).encode()
        request = urllib.request.Request(self.base + path, data, {"content-type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as response:
                return json.load(response)["value"]
        except urllib.error.HTTPError as error:
            problem = json.load(error)["value"]
            raise AssertionError(f"{path}: {problem['error']}: {problem['message'].splitlines()[0]}") from None

    def size(self, width, height):
        self.command("Emulation.setDeviceMetricsOverride",
                     {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def command(self, name, params):
        return self.ask("POST", "/goog/cdp/execute", {"cmd": name, "params": params})

    def open(self, url):
        self.ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        return self.ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def wait(self, expression, what):
        try:
            self.ask("POST", "/execute/async", {"script": WAIT, "args": [expression]})
        except AssertionError as error:
            raise AssertionError(f"did not see {what}: {error}\n{self.run('return document.body.innerText')}") from None

    def click(self, expression, what):
        """Waits for an element and clicks it as a person does: with the pointer, where it is."""
        for tries_left in reversed(range(CLICK_TRIES)):
            self.wait(expression, what)
            try:
                element = self.run(f"const found = {expression}; found.scrollIntoView({{ block: 'nearest' }}); return found;")
                return self.ask("POST", f"/element/{element[ELEMENT]}/click")
            except AssertionError as error:
                # The page may draw the chat anew between the look and the click.
                if "stale element" not in str(error) or not tries_left:
                    raise

    def type(self, expression, text):
        element = self.run(f"return {expression};")
        self.ask("POST", f"/element/{element[ELEMENT]}/value", {"text": text})

    def shoot(self, file):
        pathlib.Path(file).write_bytes(base64.b64decode(self.ask("GET", "/screenshot")))

    def console(self):
        """What the page wrote to its console since the last look, apart from plain words."""
        lines = self.ask("POST", "/se/log", {"type": "browser"})
        return [line["message"] for line in lines if line["level"] in ("SEVERE", "WARNING")]

    def requests(self):
        """The addresses that were asked for since the last look."""
        lines = self.ask("POST", "/se/log", {"type": "performance"})
        messages = [json.loads(line["message"])["message"] for line in lines]
        return [one["params"]["request"]["url"] for one in messages if one["method"] == "Network.requestWillBeSent"]
