// What scripts add everywhere: a form goes once, errors get the focus, buttons print.
(function () {
  "use strict";
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    // Who signs out leaves no draft behind on a shared computer.
    if (form.dataset.forget) { localStorage.removeItem(form.dataset.forget); }
    var button = event.submitter || form.querySelector("button");
    if (button) { button.setAttribute("aria-busy", "true"); }
  });
  // Back from the browser's own store: forms may be sent again.
  window.addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) { delete form.dataset.sent; });
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-print]");
    if (button) { window.print(); }
  });
  var wrong = document.getElementById("mend");
  if (wrong) { wrong.focus(); }
})();
