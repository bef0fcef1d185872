// The flame graph's behaviour: zoom by click, search by regular expression, tooltips in
// the details line, keyboard, and a state in the URL (?s= &x= &y=). All figures are in
// sample units (data-x, data-w); pixels are computed here, so the picture fits any width.
"use strict";
(function () {
  var svg = document.getElementById("flame");
  var frameBox = document.getElementById("frames");
  if (!svg || !frameBox) { return; }
  var data = svg.dataset;
  var total = Number(data.total), PAD = 10, ROW = Number(data.row);
  var inverted = data.inverted === "1", fluid = data.fluid === "1";
  var width = Number(data.width), top = Number(data.top), levels = Number(data.levels);
  var byId = function (id) { return document.getElementById(id); };
  var details = byId("details"), matched = byId("matched"), unzoom = byId("unzoom");
  var searchButton = byId("search"), caseButton = byId("ignorecase");
  var frames = [], root = null, zoomed = null, current = null;
  var term = "", ignoreCase = false, charWidth = 7.22;

  function collect() {
    var groups = frameBox.getElementsByClassName("f");
    for (var i = 0; i < groups.length; i++) {
      var g = groups[i], d = g.dataset;
      var title = g.getElementsByTagName("title")[0].textContent;
      var f = { g: g, x: Number(d.x), w: Number(d.w), depth: Number(d.y), title: title,
        name: title.replace(/ \([0-9][^()]*\)$/, ""), rect: g.getElementsByTagName("rect")[0],
        text: g.getElementsByTagName("text")[0], matched: false };
      g.frame = f;
      frames.push(f);
      if (f.depth === 0) { root = f; }
    }
  }

  // No column, one or two, as terminals and monospace fonts have it.
  function columns(c) {
    if (c >= 0x300 && (c <= 0x36f || (c >= 0x1ab0 && c <= 0x1aff) || (c >= 0x200b && c <= 0x200f) ||
      (c >= 0x20d0 && c <= 0x20ff) || (c >= 0xfe00 && c <= 0xfe0f))) { return 0; }
    return c >= 0x1100 && (c <= 0x115f || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
      (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
      (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd)) ? 2 : 1;
  }

  // The name cut to the columns there are; "" when fewer than three characters fit.
  function fit(name, room) {
    var used = 0, kept = "", chars = Array.from(name), all = 0;
    for (var i = 0; i < chars.length; i++) { all += columns(chars[i].codePointAt(0)); }
    if (all <= room) { return [name, all]; }
    if (room < 5) { return ["", 0]; }
    for (i = 0; i < chars.length; i++) {
      var n = columns(chars[i].codePointAt(0));
      if (used + n > room - 2) { break; }
      used += n;
      kept += chars[i];
    }
    return [kept + "..", used + 2];
  }

  function place(f, x, w) {
    f.rect.setAttribute("x", x.toFixed(2));
    f.rect.setAttribute("width", Math.max(w, 0).toFixed(2));
    var label = fit(f.name, Math.floor((w - 7) / charWidth));
    f.text.textContent = label[0];
    f.text.setAttribute("x", (x + 4).toFixed(2));
    // Names with other scripts are drawn with fallback fonts of other widths.
    if (label[0] && /[^\x20-\x7e]/.test(label[0])) {
      f.text.setAttribute("textLength", (label[1] * charWidth).toFixed(2));
      f.text.setAttribute("lengthAdjust", "spacingAndGlyphs");
    } else {
      f.text.removeAttribute("textLength");
    }
  }

  function layout() {
    var z = zoomed || root, room = width - 2 * PAD;
    if (!z) { return; }
    for (var i = 0; i < frames.length; i++) {
      var f = frames[i];
      var parent = f.depth < z.depth && f.x <= z.x && f.x + f.w >= z.x + z.w;
      var inside = f.depth >= z.depth && f.x >= z.x && f.x + f.w <= z.x + z.w;
      var w = parent ? room : f.w / z.w * room;
      var visible = parent || (inside && w >= 0.1);
      f.g.classList.toggle("hide", !visible);
      f.g.classList.toggle("parent", parent);
      if (visible) { place(f, parent ? PAD : PAD + (f.x - z.x) / z.w * room, w); }
    }
    unzoom.classList.toggle("hide", z === root);
  }

  function zoom(f) {
    zoomed = f && f !== root ? f : null;
    layout();
    remember();
  }

  // Each x-range counts once, however many matches lie on it.
  function share() {
    var ranges = frames.filter(function (f) { return f.matched; })
      .sort(function (a, b) { return a.x - b.x || b.w - a.w; });
    var sum = 0, end = -1;
    ranges.forEach(function (f) {
      var from = Math.max(f.x, end), to = f.x + f.w;
      if (to > from) { sum += to - from; end = to; }
    });
    return total > 0 ? 100 * sum / total : 0;
  }

  function search(text) {
    term = (text || "").slice(0, 200);
    var known = new Map(), expression = null;
    if (term) {
      try {
        expression = new RegExp(term, ignoreCase ? "i" : "");
      } catch (e) {
        details.textContent = "not a regular expression: " + term;
        term = "";
      }
    }
    frames.forEach(function (f) {
      if (!known.has(f.name)) { known.set(f.name, expression !== null && expression.test(f.name)); }
      f.matched = known.get(f.name);
      f.g.classList.toggle("match", f.matched);
    });
    matched.textContent = term ? "Matched: " + share().toFixed(share() === 100 ? 0 : 2) + "%" : "";
    searchButton.classList.toggle("on", term !== "");
    searchButton.getElementsByTagName("text")[0].textContent = term ? "Reset Search" : "Search";
    remember();
  }

  function ask() {
    if (term) { search(""); return; }
    var text = window.prompt("Search frames by regular expression:", "");
    if (text) { search(text); }
  }

  function remember() {
    var query = new URLSearchParams(window.location.search);
    ["s", "x", "y", "i"].forEach(function (key) { query.delete(key); });
    if (term) { query.set("s", term); }
    if (term && ignoreCase) { query.set("i", "1"); }
    if (zoomed) { query.set("x", zoomed.x); query.set("y", zoomed.depth); }
    var text = query.toString();
    try {
      window.history.replaceState(null, "", text ? "?" + text : window.location.pathname);
    } catch (e) { /* a picture inside a page or a sandbox has no history of its own */ }
  }

  function recall() {
    var query = new URLSearchParams(window.location.search);
    ignoreCase = query.get("i") === "1";
    caseButton.classList.toggle("on", ignoreCase);
    var wanted = query.get("s"), x = query.get("x"), y = query.get("y");
    if (x !== null) {
      var hit = frames.filter(function (f) {
        return f.x === Number(x) && (y === null || f.depth === Number(y));
      });
      // Without a depth: the innermost frame that starts there and is not the whole.
      var f = y === null ? hit[hit.length - 1] : hit[0];
      if (f && f !== root) { zoomed = f; }
    }
    if (wanted) { search(wanted); }
  }

  function show(f) {
    if (current) { current.g.classList.remove("current"); }
    current = f;
    if (f) { f.g.classList.add("current"); }
    details.textContent = f ? f.title : "";
  }

  function frameOf(target) {
    var g = target && target.closest ? target.closest(".f") : null;
    return g ? g.frame : null;
  }

  function visible(f) { return !f.g.classList.contains("hide"); }

  // Up and down the stack, left and right among the frames of one level.
  function step(key) {
    var f = current || zoomed || root, down = inverted ? "ArrowDown" : "ArrowUp", best = null;
    if (!f) { return; }
    frames.forEach(function (g) {
      if (!visible(g)) { return; }
      var over = g.x <= f.x && g.x + g.w >= f.x + f.w;
      if (key === down && g.depth === f.depth + 1 && g.x >= f.x && g.x + g.w <= f.x + f.w &&
          (!best || g.w > best.w)) { best = g; }
      if (key !== down && /Up|Down/.test(key) && g.depth === f.depth - 1 && over) { best = g; }
      if (key === "ArrowRight" && g.depth === f.depth && g.x > f.x && (!best || g.x < best.x)) { best = g; }
      if (key === "ArrowLeft" && g.depth === f.depth && g.x < f.x && (!best || g.x > best.x)) { best = g; }
    });
    if (best) { show(best); }
  }

  function onKey(e) {
    if (e.key === "F3" || (e.ctrlKey && (e.key === "f" || e.key === "F"))) {
      e.preventDefault();
      ask();
    } else if (e.ctrlKey && (e.key === "i" || e.key === "I")) {
      e.preventDefault();
      toggleCase();
    } else if (e.key === "Escape") {
      if (term) { search(""); } else { zoom(null); }
    } else if (e.key === "Enter" && current) {
      zoom(current);
    } else if (/^Arrow/.test(e.key) && !e.ctrlKey && !e.altKey && !e.metaKey) {
      e.preventDefault();
      step(e.key);
    }
  }

  function toggleCase() {
    ignoreCase = !ignoreCase;
    caseButton.classList.toggle("on", ignoreCase);
    if (term) { search(term); }
  }

  // The real width of a character, and of the window.
  function measure() {
    var probe = document.createElementNS("http://www.w3.org/2000/svg", "text");
    probe.textContent = "mmmmmmmmmmmmmmmmmmmm";
    frameBox.appendChild(probe);
    var w = probe.getComputedTextLength() / 20;
    frameBox.removeChild(probe);
    if (w > 0) { charWidth = w + 0.02; }
  }

  function resize() {
    if (fluid) {
      var room = svg.parentNode === document ? window.innerWidth : svg.parentNode.clientWidth;
      width = Math.max(room || width, 480);
      var height = svg.viewBox.baseVal.height;
      svg.setAttribute("width", width);
      svg.setAttribute("viewBox", "0 0 " + width + " " + height);
      byId("background").setAttribute("width", width);
      ["title", "subtitle", "empty"].forEach(function (id) {
        if (byId(id)) { byId(id).setAttribute("x", width / 2); }
      });
      matched.setAttribute("x", width - PAD);
      byId("right").setAttribute("transform", "translate(" + (width - 1200) + ",0)");
    }
    layout();
  }

  collect();
  if (root) {
    measure();
    recall();
    resize();
    window.addEventListener("resize", resize);
    window.addEventListener("keydown", onKey);
    svg.addEventListener("mouseover", function (e) { show(frameOf(e.target)); });
    svg.addEventListener("mouseleave", function () { show(null); });
    svg.addEventListener("click", function (e) {
      var f = frameOf(e.target);
      if (f) { zoom(f); }
    });
    unzoom.addEventListener("click", function () { zoom(null); });
    searchButton.addEventListener("click", ask);
    caseButton.addEventListener("click", toggleCase);
  }
}());
