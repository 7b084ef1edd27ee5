// The sheet: cells by keyboard, members found as one types, a draft that outlives the connection.
(function () {
  "use strict";
  var root = document.getElementById("sheet");
  var form = root.querySelector("form");
  var body = root.querySelector("tbody");
  var list = document.getElementById("sheet-choices");
  var said = document.getElementById("sheet-said");
  var saved = document.getElementById("sheet-saved");
  var done = document.getElementById("sheet-done");
  var words = JSON.parse(root.dataset.words);
  var KEY = root.dataset.draft;
  var CELLS = ["who", "member_no", "time", "break_minutes", "content"];
  var HEAD = ["station_id", "served_on", "time", "title", "kind", "place", "leader", "evidence",
    "evidence_reference", "late_reason"];
  var CLOCK = "\\d{1,2}(?:[:.点时](?:[0-5]\\d|半)?分?|[0-5]\\d)?";
  var TIME = new RegExp("^(?:" + CLOCK + " ?[-–—~至到 ] ?" + CLOCK +
    "|\\d{1,2}(?:\\.\\d{1,3})?(?: ?(?:个?小时|[hH]))?|(?:\\d{1,2}个?小时)?\\d{1,4}分钟?)$");
  var BREAK = /^(?:\d{1,4} ?(?:分钟?)?)?$/;
  var DOCUMENT = /\d(?:[ -]?\d){14,}[\dXx]?/;
  var RETRY = 4000;
  var once = form.elements._once.value;
  var pending = false;
  var known = {};
  var asked = 0;
  var timers = {};

  function later(name, wait, work) {
    clearTimeout(timers[name]);
    timers[name] = setTimeout(work, wait);
  }
  function plain(text) { return text.normalize("NFKC").trim().replace(/\s+/g, " "); }
  function row(at) { return at.closest("tr"); }
  function rows() { return Array.prototype.slice.call(body.rows); }
  function cell(line, name) { return line.querySelector('[name$="].' + name + '"]'); }
  function nameOf(input) { return input.name.replace(/^.*\]\./, ""); }
  function head(name) { return form.elements[name]; }
  function isBlank(line) {
    return !["who", "time", "content"].some(function (name) { return cell(line, name).value.trim(); });
  }

  // ---- lines -------------------------------------------------------------------------------
  function number() {
    rows().forEach(function (line, n) {
      line.cells[0].textContent = n + 1;
      line.cells[5].id = "said-" + n;
      CELLS.forEach(function (name) {
        var input = cell(line, name);
        input.name = "entries[" + n + "]." + name;
        if (name === "member_no") { return; }
        input.id = "f-entries-" + n + "-" + name.replace("_", "-");
        input.setAttribute("aria-describedby", "said-" + n);
        input.setAttribute("aria-label",
          input.getAttribute("aria-label").replace(/\d+/, String(n + 1)));
      });
    });
  }
  function clear(line) {
    CELLS.forEach(function (name) { cell(line, name).value = ""; });
    line.querySelector(".chosen").textContent = "";
    mark(line, [], "");
  }
  function addLine() {
    var line = body.rows[body.rows.length - 1].cloneNode(true);
    var open = line.querySelector("ul");
    if (open) { open.remove(); }
    clear(line);
    body.appendChild(line);
    number();
    return line;
  }
  function next(line) { return line.nextElementSibling || addLine(); }
  // What is wrong with a line, at its cells; or, when nothing is, what would become of it.
  function mark(line, faults, text, tone) {
    var at = line.cells[5];
    at.textContent = "";
    faults.forEach(function (fault) { add(at, "p", fault.text, "error"); });
    if (!faults.length && text) { add(at, "span", text, tone); }
    line.classList.toggle("refused", faults.length > 0);
    ["who", "time", "break_minutes", "content"].forEach(function (name) {
      var wrong = faults.some(function (fault) { return fault.cell === name; });
      if (wrong) { cell(line, name).setAttribute("aria-invalid", "true"); }
      else { cell(line, name).removeAttribute("aria-invalid"); }
    });
  }
  function add(parent, tag, text, tone) {
    var made = document.createElement(tag);
    made.textContent = text;
    if (tone) { made.className = tone; }
    parent.appendChild(made);
    return made;
  }
  // What can be told without the server.
  function check(input) {
    var name = nameOf(input), value = plain(input.value), line = row(input);
    if (name === "time" && value && !TIME.test(value)) { mark(line, [{cell: name, text: words.time}]); return false; }
    if (name === "break_minutes" && !BREAK.test(value)) { mark(line, [{cell: name, text: words["break"]}]); return false; }
    return true;
  }

  // ---- finding members ---------------------------------------------------------------------
  function close() {
    if (list.hidden) { return; }
    list.hidden = true;
    var input = list.parentNode.querySelector('[role="combobox"]');
    if (input) { input.setAttribute("aria-expanded", "false"); input.removeAttribute("aria-activedescendant"); }
  }
  function options() { return Array.prototype.slice.call(list.children); }
  function active() { return list.hidden ? null : list.querySelector('[aria-selected="true"]'); }
  function activate(option) {
    options().forEach(function (one) { one.setAttribute("aria-selected", String(one === option)); });
    if (option) { option.scrollIntoView({block: "nearest"}); }
    var input = list.parentNode.querySelector('[role="combobox"]');
    if (option) { input.setAttribute("aria-activedescendant", option.id); }
    else { input.removeAttribute("aria-activedescendant"); }
  }
  function only(found, text) {
    var whole = found.filter(function (one) { return one.name === text || one.member_no === text; });
    if (whole.length === 1) { return whole[0]; }
    return found.length === 1 ? found[0] : null;
  }
  function show(input, found) {
    list.textContent = "";
    found.forEach(function (one, n) {
      var option = add(list, "li", "");
      option.id = "sheet-choice-" + n;
      option.setAttribute("role", "option");
      option.setAttribute("aria-selected", "false");
      add(option, "bdi", one.name);
      option.appendChild(document.createTextNode(" "));
      add(option, "span", one.about, "about");
      option.member = one;
    });
    input.parentNode.appendChild(list);
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!!found.length));
    // Of several none is taken unasked: hours would stand in somebody else's book.
    var sure = only(found, plain(input.value));
    activate(sure ? options()[found.indexOf(sure)] : null);
  }
  function choose(line, one) {
    cell(line, "who").value = one.name;
    cell(line, "member_no").value = one.member_no;
    line.querySelector(".chosen").textContent = one.member_no;
    mark(line, [], "");
    keep();
    soon();
  }
  function find(text) {
    var where = head("station_id").value, key = where + " " + text;
    if (!known[key]) {
      known[key] = post("/staff/sheet/members", fields([["station_id", where], ["text", text]]))
        .then(function (answer) {
          if (answer.status !== 200) { throw answer; }
          return answer.json();
        }).then(function (told) { return told.members; });
      known[key].catch(function () { delete known[key]; });
    }
    return known[key];
  }
  function look(input) {
    var text = plain(input.value), mine = ++asked;
    if (!text) { close(); return; }
    find(text).then(function (found) {
      if (mine !== asked || document.activeElement !== input) { return; }
      show(input, found);
      status(found.length ? words.found.replace("{count}", found.length) : words.nobody, "", true);
    }, function () { /* away: the text stays, and is looked up when it is sent */ });
  }
  // Who left the cell before the answer came: taken if only one can be meant, else marked.
  function settle(line) {
    var input = cell(line, "who"), text = plain(input.value);
    if (!text || cell(line, "member_no").value) { return; }
    find(text).then(function (found) {
      if (plain(input.value) !== text || cell(line, "member_no").value) { return; }
      var one = only(found, text);
      if (one) { choose(line, one); return; }
      mark(line, [{cell: "who", text: found.length ? words.several.replace("{count}", found.length) : words.nobody}]);
    }, function () {});
  }

  // ---- the keyboard ------------------------------------------------------------------------
  function go(line, name) {
    var input = cell(line, name);
    input.focus();
    input.select();
  }
  function take(input) {
    var option = active();
    if (option) { choose(row(input), option.member); }
    close();
  }
  function copyDown(input) {
    var line = row(input), above = line.previousElementSibling, name = nameOf(input);
    if (!above) { return; }
    (name === "who" ? ["time", "break_minutes", "content"] : [name]).forEach(function (one) {
      cell(line, one).value = cell(above, one).value;
    });
    keep();
    soon();
  }
  body.addEventListener("keydown", function (event) {
    var input = event.target, name = nameOf(input), line = row(input), key = event.key;
    if (event.isComposing || pending) { return; }
    var opened = name === "who" && !list.hidden;
    if (key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); take(input); send(); }
    else if (key === "Enter") {
      event.preventDefault();
      if (opened && !active()) { activate(options()[0]); return; }
      take(input);
      go(next(line), "who");
    } else if (key === "Tab" && opened) { take(input); }
    else if (key === "ArrowDown" || key === "ArrowUp") {
      event.preventDefault();
      var step = key === "ArrowDown" ? 1 : -1;
      if (opened) {
        var all = options(), at = all.indexOf(active()) + step;
        activate(all[at < 0 && step < 0 ? all.length - 1 : at % all.length]);
      } else {
        var other = step > 0 ? next(line) : line.previousElementSibling;
        if (other) { go(other, name); }
      }
    } else if (key === "Escape") {
      event.preventDefault();
      if (opened) { close(); }
      else { input.value = input.dataset.before || ""; changed(input); close(); }
    } else if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === "d") { event.preventDefault(); copyDown(input); }
  });
  body.addEventListener("focusin", function (event) {
    var input = event.target;
    if (!input.name) { return; }
    input.dataset.before = input.value;
    if (!row(input).nextElementSibling) { addLine(); }
  });
  body.addEventListener("focusout", function (event) {
    var input = event.target;
    if (!input.name) { return; }
    if (nameOf(input) === "who") { close(); settle(row(input)); }
    if (check(input)) { soon(); }
  });
  list.addEventListener("mousedown", function (event) {
    var option = event.target.closest("li");
    event.preventDefault();
    if (option) { choose(row(list), option.member); close(); }
  });
  function changed(input) {
    if (nameOf(input) === "who") {
      cell(row(input), "member_no").value = "";
      row(input).querySelector(".chosen").textContent = "";
      later("look", 120, function () { look(input); });
    }
  }
  form.addEventListener("input", function (event) {
    var input = event.target;
    if (DOCUMENT.test(input.value.normalize("NFKC"))) {  // it stays neither here nor in the draft
      input.value = "";
      status(words.document, "bad");
    }
    if (body.contains(input)) {
      if (input.hasAttribute("aria-invalid")) { mark(row(input), [], ""); }
      changed(input);
    } else { soon(); }
    keep();
  });

  // ---- what the server says ----------------------------------------------------------------
  function fields(pairs) {
    var made = new URLSearchParams();
    made.append("_csrf", form.elements._csrf.value);
    pairs.forEach(function (pair) { made.append(pair[0], pair[1]); });
    return made;
  }
  function post(path, what) {
    return fetch(path, {method: "POST", body: what, headers: {Accept: "application/json"},
      credentials: "same-origin", redirect: "manual"});
  }
  function sheet(draft) {
    var pairs = HEAD.map(function (name) { return [name, draft.head[name]]; });
    draft.rows.forEach(function (values, n) {
      CELLS.forEach(function (name, at) { pairs.push(["entries[" + n + "]." + name, values[at]]); });
    });
    return pairs;
  }
  function soon() {
    later("check", 500, function () {
      if (pending || rows().every(isBlank) || !head("station_id").value || !head("served_on").value) { return; }
      var draft = current(), text = JSON.stringify(draft.rows);
      post("/staff/sheet/check", fields(sheet(draft))).then(function (answer) {
        return answer.status === 200 ? answer.json() : null;
      }).then(function (told) {
        if (!told || pending) { return; }
        var now = rows();
        told.rows.forEach(function (one) {
          var line = now[one.n];
          // Only lines that are as they were, and not the one that is being typed.
          if (!line || line.contains(document.activeElement) ||
              JSON.stringify(values(line)) !== JSON.stringify(draft.rows[one.n])) { return; }
          mark(line, one.faults, one.said, one.outcome);
        });
        above(told.head);
      }, function () {});
    });
  }
  function above(faults) {
    root.querySelectorAll(".sheet-head .field.wrong").forEach(function (field) {
      field.classList.remove("wrong");
      field.querySelectorAll(".error").forEach(function (one) { one.remove(); });
      field.querySelector("input, select").removeAttribute("aria-invalid");
    });
    faults.forEach(function (fault) {
      var input = fault.cell && HEAD.indexOf(fault.cell) >= 0 ? head(fault.cell) : null;
      var field = input && input.closest(".field");
      if (!field || field.classList.contains("wrong")) { return; }
      field.classList.add("wrong");
      input.setAttribute("aria-invalid", "true");
      var text = document.createElement("p");
      text.className = "error";
      text.id = "above-" + fault.cell;
      text.textContent = fault.text;
      field.insertBefore(text, input);
      input.setAttribute("aria-describedby", text.id);
    });
  }

  // ---- the draft ---------------------------------------------------------------------------
  function values(line) { return CELLS.map(function (name) { return cell(line, name).value; }); }
  function current() {
    var draft = {once: once, pending: pending, head: {}, rows: []};
    HEAD.forEach(function (name) { draft.head[name] = head(name).value; });
    var all = rows();
    while (all.length && isBlank(all[all.length - 1])) { all.pop(); }
    draft.rows = all.map(values);
    return draft;
  }
  function store() {
    if (gone) { return; }
    var draft = current();
    if (!draft.rows.length) { localStorage.removeItem(KEY); saved.textContent = ""; return; }
    try {
      localStorage.setItem(KEY, JSON.stringify(draft));
      saved.textContent = words.saved;
    } catch (full) { saved.textContent = ""; }
  }
  function keep() { later("keep", 150, store); }
  window.addEventListener("pagehide", function () { if (timers.keep) { store(); } });
  // Who signs out takes the draft along: a timer that still runs must not write it anew.
  var gone = false;
  window.addEventListener("pageshow", function () { gone = false; });
  document.addEventListener("submit", function (event) {
    if (event.target !== form) { gone = true; }
  });
  function restore() {
    var draft = null;
    try { draft = JSON.parse(localStorage.getItem(KEY)); } catch (broken) { draft = null; }
    if (!draft || !draft.rows || !draft.rows.length) { return; }
    once = draft.once;
    HEAD.forEach(function (name) { if (draft.head[name] !== undefined) { head(name).value = draft.head[name]; } });
    while (body.rows.length <= draft.rows.length) { addLine(); }
    draft.rows.forEach(function (line, n) {
      CELLS.forEach(function (name, at) { cell(body.rows[n], name).value = line[at] || ""; });
      body.rows[n].querySelector(".chosen").textContent = line[1] || "";
    });
    status(words.restored.replace("{count}", draft.rows.length), "info");
    var drop = add(said.querySelector(".alert > div"), "button", words.drop, "button quiet small");
    drop.type = "button";
    drop.addEventListener("click", function () {
      if (pending) { return; }
      rows().forEach(clear);
      localStorage.removeItem(KEY);
      once = fresh();
      status("");
      go(body.rows[0], "who");
    });
    if (draft.pending) { drop.remove(); send(); } else { soon(); }
  }
  function fresh() {
    var bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.prototype.map.call(bytes, function (one) { return ("0" + one.toString(16)).slice(-2); }).join("");
  }

  // ---- sending once ------------------------------------------------------------------------
  function status(text, tone, quiet) {
    if (quiet && said.querySelector(".alert")) { return; }
    said.textContent = "";
    if (!text) { return; }
    if (quiet) { add(said, "span", text, "hide"); return; }
    add(add(add(said, "div", "", "alert " + tone), "div", ""), "p", text);
  }
  function lock(on) {
    pending = on;
    Array.prototype.forEach.call(form.elements, function (input) {
      if (input.type === "hidden") { return; }
      if (input.tagName === "INPUT") { input.readOnly = on; } else { input.disabled = on; }
    });
    if (on) { form.setAttribute("aria-busy", "true"); } else { form.removeAttribute("aria-busy"); }
  }
  function send() {
    close();
    var draft = current();
    if (!draft.rows.length) { status(words.empty, "bad"); go(body.rows[0], "who"); return; }
    lock(true);
    // Written down before it goes: whatever happens, the same lines go under the same key.
    store();
    status(words.sending, "info");
    post("/staff/sheet", fields([["_once", once]].concat(sheet(draft)))).then(function (answer) {
      var json = (answer.headers.get("content-type") || "").indexOf("json") >= 0;
      if (json && (answer.status === 200 || answer.status === 422)) {
        return answer.json().then(function (told) { answered(told, draft, answer.status === 200); });
      }
      if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
        status(words.sign_in, "bad");
        var link = add(said.querySelector(".alert > div"), "a", words.signing);
        link.href = "/staff/sheet";
        return;
      }
      status(words.later, "warn");
      later("send", RETRY, send);
    }).catch(function () {
      status(words.offline, "warn");
      later("send", RETRY, send);
    });
  }
  window.addEventListener("online", function () { if (pending) { later("send", 0, send); } });
  function answered(told, draft, recorded) {
    lock(false);
    once = fresh();
    if (!recorded) {
      var other = told.head.filter(function (one) { return HEAD.indexOf(one.cell) < 0; });
      status(other.length ? other[0].text : words.mend, "bad");
      above(told.head);
      store();
      var first = root.querySelector(".sheet-head [aria-invalid]");
      if (first) { first.focus(); }
      return;
    }
    var list = document.getElementById("sheet-done-list"), left = [], count = 0;
    told.rows.forEach(function (one) {
      if (one.outcome === "refused") { left.push([draft.rows[one.n], one.faults]); return; }
      var item = add(list, "li", "", "row"), title = add(add(item, "div", ""), "p", "", "row-title");
      add(title, "bdi", draft.rows[one.n][0] || draft.rows[one.n][1]);
      add(item, "p", one.said, "row-end " + one.outcome);
      count += 1;
    });
    done.hidden = !list.children.length;
    rows().forEach(clear);
    while (body.rows.length < left.length + 1) { addLine(); }
    left.forEach(function (pair, n) {
      CELLS.forEach(function (name, at) { cell(body.rows[n], name).value = pair[0][at]; });
      body.rows[n].querySelector(".chosen").textContent = pair[0][1];
      mark(body.rows[n], pair[1]);
    });
    above(told.head);
    store();
    var text = words.done.replace("{count}", count);
    status(left.length ? text + " " + words.left.replace("{count}", left.length) : text, left.length ? "warn" : "good");
    if (told.undo && count) { add(said.querySelector(".alert > div"), "a", words.undo).href = told.undo; }
    var wrong = body.querySelector("[aria-invalid]") || cell(body.rows[0], "who");
    wrong.focus();
  }
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    event.stopPropagation();
    if (pending) { return; }
    if (event.submitter && event.submitter.id === "sheet-more") {
      for (var n = 0; n < 15; n += 1) { addLine(); }
      return;
    }
    send();
  });

  rows().forEach(prepare);
  function prepare(line) {
    var input = cell(line, "who");
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-expanded", "false");
    input.setAttribute("aria-controls", "sheet-choices");
  }
  if (!form.querySelector("#mend")) { restore(); }
  if (document.activeElement === document.body) { (head("station_id").type === "hidden" ? head("time") : head("station_id")).focus(); }
})();
