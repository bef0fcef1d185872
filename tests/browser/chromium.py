"""Headless Chromium driven over its debugging pipe, with the standard library only.

    with Browser() as browser:
        page = browser.open("file:///tmp/x.svg")
        page.click(120, 300)
        page.evaluate("document.title")
        page.screenshot("/tmp/x.png")

Clicks and keys are input events of the browser itself, not calls into the page's script.
"""

import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time


class BrowserError(Exception):
    pass


def find_chromium():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    return None


class Browser:
    def __init__(self, width=1200, height=700):
        self.path = find_chromium()
        if not self.path:
            raise BrowserError("chromium is not installed")
        self.size = (width, height)
        self.next_id = 0
        self.buffer = b""
        self.events = []

    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="ruff-chromium.")
        # Chromium reads commands from descriptor 3 and writes answers to 4.
        child_in, self.to_browser = os.pipe()
        self.from_browser, child_out = os.pipe()
        arguments = [
            self.path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
            "--disable-extensions", "--hide-scrollbars", "--remote-debugging-pipe",
            "--user-data-dir=" + self.profile,
            "--window-size=%d,%d" % self.size, "about:blank",
        ]
        high_in, high_out = os.dup2(child_in, 103), os.dup2(child_out, 104)

        def place_pipes():
            os.dup2(high_in, 3)
            os.dup2(high_out, 4)

        self.process = subprocess.Popen(
            arguments, pass_fds=(3, 4, high_in, high_out), preexec_fn=place_pipes,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True)
        for fd in {child_in, child_out, high_in, high_out}:
            os.close(fd)
        return self

    def __exit__(self, *unused):
        try:
            self.command("Browser.close", timeout=10)
        except (BrowserError, OSError):
            pass
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self.to_browser)
        os.close(self.from_browser)
        shutil.rmtree(self.profile, ignore_errors=True)

    def send(self, method, params=None, session=None):
        self.next_id += 1
        message = {"id": self.next_id, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        data = json.dumps(message).encode() + b"\0"
        while data:
            data = data[os.write(self.to_browser, data):]
        return self.next_id

    def receive(self, timeout):
        """The next message, or None when none comes in time."""
        end = time.monotonic() + timeout
        while b"\0" not in self.buffer:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.from_browser], [], [], left)[0]:
                return None
            part = os.read(self.from_browser, 1 << 16)
            if not part:
                raise BrowserError("chromium ended")
            self.buffer += part
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def command(self, method, params=None, session=None, timeout=60):
        wanted = self.send(method, params, session)
        while True:
            message = self.receive(timeout)
            if message is None:
                raise BrowserError("no answer to " + method)
            if message.get("id") == wanted:
                if "error" in message:
                    raise BrowserError("%s: %s" % (method, message["error"]))
                return message.get("result", {})
            if "method" in message:
                self.events.append(message)

    def wait_event(self, name, timeout=60):
        while True:
            for i, event in enumerate(self.events):
                if event["method"] == name:
                    return self.events.pop(i)
            message = self.receive(timeout)
            if message is None:
                raise BrowserError("no event " + name)
            if "method" in message:
                self.events.append(message)

    def open(self, url):
        target = self.command("Target.createTarget", {"url": "about:blank"})
        session = self.command("Target.attachToTarget", {
            "targetId": target["targetId"], "flatten": True})["sessionId"]
        page = Page(self, session)
        page.command("Emulation.setDeviceMetricsOverride", {
            "width": self.size[0], "height": self.size[1],
            "deviceScaleFactor": 1, "mobile": False})
        page.command("Page.enable")
        page.command("Runtime.enable")
        page.goto(url)
        return page


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session
        self.errors = []

    def command(self, method, params=None, timeout=60):
        return self.browser.command(method, params, self.session, timeout)

    def goto(self, url):
        self.browser.events.clear()
        answer = self.command("Page.navigate", {"url": url})
        if answer.get("errorText"):
            raise BrowserError(answer["errorText"])
        self.browser.wait_event("Page.loadEventFired")

    def evaluate(self, expression):
        answer = self.command("Runtime.evaluate", {
            "expression": expression, "returnByValue": True,
            "awaitPromise": True})
        if "exceptionDetails" in answer:
            raise BrowserError(json.dumps(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def script_errors(self):
        """Errors the page's own scripts raised so far."""
        self.evaluate("1")
        return [e["params"]["exceptionDetails"] for e in self.browser.events
                if e["method"] == "Runtime.exceptionThrown"]

    def mouse(self, kind, x, y, **more):
        self.command("Input.dispatchMouseEvent",
                     dict({"type": kind, "x": x, "y": y}, **more))

    def move(self, x, y):
        self.mouse("mouseMoved", x, y)

    def click(self, x, y):
        self.move(x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.mouse("mouseReleased", x, y, button="left", clickCount=1)

    def click_for_prompt(self, x, y, text):
        """A click that opens a prompt, which is answered with `text`."""
        self.move(x, y)
        self.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.browser.send("Input.dispatchMouseEvent", {
            "type": "mouseReleased", "x": x, "y": y, "button": "left", "clickCount": 1},
            self.session)
        self.answer_prompt(text)

    def answer_prompt(self, text):
        self.browser.wait_event("Page.javascriptDialogOpening")
        self.command("Page.handleJavaScriptDialog", {"accept": True, "promptText": text})

    def key(self, key, code, virtual, modifiers=0, prompt=None):
        params = {"type": "keyDown", "key": key, "code": code, "modifiers": modifiers,
                  "windowsVirtualKeyCode": virtual}
        if prompt is None:
            self.command("Input.dispatchKeyEvent", params)
        else:
            self.browser.send("Input.dispatchKeyEvent", params, self.session)
            self.answer_prompt(prompt)
        self.command("Input.dispatchKeyEvent", dict(params, type="keyUp"))

    def screenshot(self, path):
        data = self.command("Page.captureScreenshot", {"format": "png"})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))
