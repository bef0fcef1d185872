"""Flame graphs in a real browser: zoom, search, reset, tooltips, keyboard and links by
clicks and key presses, and no two labels on top of each other.

Screenshots stay in $SCREENSHOTS when that is set.
"""

import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import chromium  # noqa: E402

RUFFPROF = os.environ["RUFFPROF_PROGRAM"]
FIXTURE = os.path.join(os.environ["top_builddir"], "tests/golden/rprof_fixture")
SHOTS = os.environ.get("SCREENSHOTS")
count = 0


def check(good, name, why=""):
    global count
    count += 1
    print("%s %d - %s" % ("ok" if good else "not ok", count, name))
    if not good and why != "":
        print("# %s" % (why,))
    sys.stdout.flush()


def make(folder, kind, name, *options):
    profile = os.path.join(folder, kind + ".rprof")
    picture = os.path.join(folder, name)
    subprocess.run([FIXTURE, kind, profile], check=True)
    subprocess.run([RUFFPROF, "flamegraph", "-q", "-o", picture, *options, profile],
                   check=True)
    return "file://" + picture


def shot(page, name):
    if SHOTS:
        page.screenshot(os.path.join(SHOTS, name + ".png"))


# A frame by the start of its tooltip: where it is on the screen and how it looks.
FRAME = """(function (wanted, nth) {
  var list = Array.from(document.querySelectorAll("#frames .f")).filter(function (g) {
    return g.querySelector("title").textContent.startsWith(wanted); });
  var g = list[nth], box = g.querySelector("rect").getBoundingClientRect();
  return { x: box.x, y: box.y, w: box.width, h: box.height,
    title: g.querySelector("title").textContent, label: g.querySelector("text").textContent,
    hidden: getComputedStyle(g).display === "none", opacity: getComputedStyle(g).opacity,
    fill: getComputedStyle(g.querySelector("rect")).fill };
}(%s, %d))"""


def frame(page, name, nth=0):
    text = name.replace("\\", "\\\\").replace('"', '\\"')
    return page.evaluate(FRAME % ('"%s ("' % text, nth))


def click_frame(page, name, nth=0):
    f = frame(page, name, nth)
    page.click(f["x"] + f["w"] / 2, f["y"] + f["h"] / 2)


def centre(page, selector):
    return page.evaluate("""(function () {
      var b = document.querySelector("%s").getBoundingClientRect();
      return [b.x + b.width / 2, b.y + b.height / 2]; }())""" % selector)


def click(page, selector):
    page.click(*centre(page, selector))


def text(page, selector):
    return page.evaluate('document.querySelector("%s").textContent' % selector).strip()


def shown(page, selector):
    return page.evaluate(
        'getComputedStyle(document.querySelector("%s")).display !== "none"' % selector)


# Labels that overlap a neighbour's, stick out of their box, or are cut to under 3 letters.
LABELS = """(function () {
  var rows = {}, bad = [];
  document.querySelectorAll("#frames .f").forEach(function (g) {
    if (getComputedStyle(g).display === "none") { return; }
    var t = g.querySelector("text");
    if (!t.textContent) { return; }
    var b = t.getBoundingClientRect(), r = g.querySelector("rect").getBoundingClientRect();
    if (b.left < r.left - 0.5 || b.right > r.right + 0.5) {
      bad.push("outside: " + t.textContent + " " + [b.left, b.right, r.left, r.right]);
    }
    if (/\\.\\.$/.test(t.textContent) && t.textContent.length < 5 &&
        !/[^ -~]/.test(t.textContent)) { bad.push("too short: " + t.textContent); }
    var key = Math.round(b.top);
    (rows[key] = rows[key] || []).push([b.left, b.right, t.textContent]);
  });
  Object.keys(rows).forEach(function (key) {
    rows[key].sort(function (a, b) { return a[0] - b[0]; });
    for (var i = 1; i < rows[key].length; i++) {
      if (rows[key][i][0] < rows[key][i - 1][1]) {
        bad.push("overlap: " + rows[key][i - 1] + " / " + rows[key][i]);
      }
    }
  });
  return bad;
}())"""


def test_basics(browser, url):
    page = browser.open(url)
    shot(page, "cpu")
    check(page.script_errors() == [], "the script runs without errors")
    everything = frame(page, "all")
    check(everything["title"] == "all (997 samples, 100%)", "the root's tooltip",
          everything["title"])
    check(frame(page, "parse")["title"] == "parse (680 samples, 68.20%)",
          "a frame's tooltip", frame(page, "parse")["title"])
    f = frame(page, "parse")
    page.move(f["x"] + 20, f["y"] + 8)
    check(text(page, "#details") == "parse (680 samples, 68.20%)",
          "hovering shows the frame in the details line", text(page, "#details"))
    check(not shown(page, "#unzoom"), "no Reset Zoom before a zoom")
    check(abs(frame(page, "parse")["w"] / everything["w"] - 680 / 997) < 0.002,
          "widths are shares of the samples")
    return page


def test_zoom(page):
    whole = frame(page, "all")["w"]
    click_frame(page, "parse")
    f = frame(page, "parse")
    shot(page, "zoomed")
    check(abs(f["w"] - whole) < 1, "a click makes the frame full width", f)
    check(frame(page, "<main>")["opacity"] == "0.5", "its callers fade")
    check(abs(frame(page, "<main>")["w"] - whole) < 1, "and are full width")
    check(frame(page, "draw")["hidden"], "its siblings hide")
    check(abs(frame(page, "fib")["w"] / whole - 600 / 680) < 0.002, "its callees grow")
    check(shown(page, "#unzoom"), "Reset Zoom appears")
    check("x=" in page.evaluate("location.search"), "the URL keeps the zoom",
          page.evaluate("location.href"))
    linked = page.evaluate("location.href")
    click_frame(page, "<main>")
    check(not frame(page, "draw")["hidden"], "a click on a faded caller zooms out to it")
    click_frame(page, "draw")
    click(page, "#unzoom")
    check(not frame(page, "parse")["hidden"] and not shown(page, "#unzoom"),
          "Reset Zoom shows everything again")
    check("x=" not in page.evaluate("location.search"), "and clears the URL")
    page.goto(linked)
    check(abs(frame(page, "parse")["w"] - whole) < 1 and frame(page, "draw")["hidden"],
          "a link with x= opens zoomed")
    page.goto(linked.split("?")[0])


def test_search(page):
    page.click_for_prompt(*centre(page, "#search"), "^fib$")
    shot(page, "searched")
    check(frame(page, "fib")["fill"] == "rgb(230, 0, 230)", "matches turn magenta",
          frame(page, "fib"))
    check(frame(page, "parse")["fill"] != "rgb(230, 0, 230)", "others do not")
    check(text(page, "#matched") == "Matched: 60.18%",
          "nested matches count once", text(page, "#matched"))
    check("s=" in page.evaluate("location.search"), "the URL keeps the search")
    linked = page.evaluate("location.href")
    click(page, "#search")
    check(text(page, "#matched") == "" and frame(page, "fib")["fill"] != "rgb(230, 0, 230)",
          "a second click resets the search")
    page.key("f", "KeyF", 70, modifiers=2, prompt="draw|parse")
    check(text(page, "#matched") == "Matched: 93.98%", "Ctrl-F searches",
          text(page, "#matched"))
    page.key("F3", "F3", 114)
    check(text(page, "#matched") == "", "F3 resets a search")
    page.key("F3", "F3", 114, prompt="FIB")
    check(text(page, "#matched") == "Matched: 0.00%", "the search is case-sensitive",
          text(page, "#matched"))
    page.key("i", "KeyI", 73, modifiers=2)
    check(text(page, "#matched") == "Matched: 60.18%", "Ctrl-I ignores case",
          text(page, "#matched"))
    click(page, "#ignorecase")
    check(text(page, "#matched") == "Matched: 0.00%", "the ic button switches back")
    page.key("Escape", "Escape", 27)
    check(text(page, "#matched") == "", "Escape resets the search")
    page.click_for_prompt(*centre(page, "#search"), "a(")
    check("not a regular expression" in text(page, "#details"), "a bad expression is told")
    page.goto(linked)
    check(text(page, "#matched") == "Matched: 60.18%", "a link with s= opens searched")
    page.goto(linked.split("?")[0])


def test_keyboard(page):
    page.key("ArrowUp", "ArrowUp", 38)
    page.key("ArrowUp", "ArrowUp", 38)
    check(text(page, "#details").startswith("parse"), "arrows walk up the widest stack",
          text(page, "#details"))
    page.key("ArrowLeft", "ArrowLeft", 37)
    check(text(page, "#details").startswith("draw"), "and to the neighbour",
          text(page, "#details"))
    page.key("Enter", "Enter", 13)
    check(frame(page, "parse")["hidden"], "Enter zooms")
    page.key("Escape", "Escape", 27)
    check(not frame(page, "parse")["hidden"], "Escape resets the zoom")
    check(page.script_errors() == [], "no script errors on the way")


def test_labels(browser, url):
    page = browser.open(url)
    shot(page, "wide")
    bad = page.evaluate(LABELS)
    check(bad == [], "no two labels overlap", bad[:5])
    check(page.evaluate("window.pwned") is None, "hostile names stay text")
    check(page.evaluate("document.getElementsByTagName('script').length") == 1, "and add no scripts")
    f = page.evaluate("""(function () {
      var list = Array.from(document.querySelectorAll("#frames .f")).filter(function (g) {
        return Number(g.dataset.y) === 12; });
      var b = list[0].querySelector("rect").getBoundingClientRect();
      return [b.x + b.width / 2, b.y + b.height / 2]; }())""")
    page.click(*f)
    shot(page, "wide-zoomed")
    bad = page.evaluate(LABELS)
    check(bad == [], "nor after a zoom", bad[:5])
    page.command("Emulation.setDeviceMetricsOverride", {
        "width": 640, "height": 700, "deviceScaleFactor": 1, "mobile": False})
    # A busy machine tells the page of its new size late.
    page.evaluate("""new Promise(function (done) {
      var tries = 0;
      (function look() {
        var is = document.documentElement.getAttribute("width") === "640";
        if (is || ++tries > 600) done(); else requestAnimationFrame(look); }()); })""")
    shot(page, "narrow")
    bad = page.evaluate(LABELS)
    check(bad == [], "nor in a narrow window", bad[:5])
    check(page.evaluate("document.documentElement.getAttribute('width')") == "640",
          "the picture follows the window")
    check(page.script_errors() == [], "no script errors with hostile names")


def test_without_script(browser, url):
    """As in an <img>: labels must fit by the file's own geometry."""
    page = browser.open("about:blank")
    page.command("Emulation.setScriptExecutionDisabled", {"value": True})
    page.goto(url)
    bad = page.evaluate(LABELS)
    check(bad == [], "no labels overlap without scripts", bad[:5])


def test_other_pictures(browser, folder):
    page = browser.open(make(folder, "empty", "empty.svg"))
    shot(page, "empty")
    check(text(page, "#empty") == "no samples: the program took 0.4 ms",
          "an empty picture says why", text(page, "#empty"))
    check(page.script_errors() == [], "and runs without errors")
    page = browser.open(make(folder, "mem", "mem.svg"))
    shot(page, "mem")
    check(frame(page, "all")["title"].endswith(" bytes, 100%)"), "memory counts bytes",
          frame(page, "all")["title"])
    check("array growth" in text(page, "#legend"), "and explains the causes")
    page = browser.open(make(folder, "deep", "deep.svg"))
    check("level 1000" in text(page, "#subtitle"), "very deep stacks are cut and say so",
          text(page, "#subtitle"))
    page = browser.open(make(folder, "cpu", "icicle.svg", "--invert"))
    shot(page, "icicle")
    check(frame(page, "all")["y"] < frame(page, "parse")["y"], "--invert: root at the top")
    page = browser.open(make(folder, "cpu", "cpu.html"))
    shot(page, "html")
    click_frame(page, "parse")
    check(frame(page, "draw")["hidden"], "the page's graph zooms")
    check(page.evaluate("document.querySelectorAll('table tr').length") == 10,
          "the page has the table of functions")


def main():
    if chromium.find_chromium() is None:
        print("ok 1 - flame graphs in a browser # SKIP chromium is not installed")
        print("1..1")
        return
    with tempfile.TemporaryDirectory(prefix="ruff-browser.") as folder:
        cpu, wide = make(folder, "cpu", "cpu.svg"), make(folder, "wide", "wide.svg")
        with chromium.Browser(1200, 760) as browser:
            page = test_basics(browser, cpu)
            test_zoom(page)
            test_search(page)
            test_keyboard(page)
            test_labels(browser, wide)
            test_without_script(browser, wide)
            test_other_pictures(browser, folder)
    print("1..%d" % count)


main()
