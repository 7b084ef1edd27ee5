// The screen at the site: the next code as soon as this one is over; the screen stays awake.
(function () {
  "use strict";
  var again = 5;
  function wait(seconds) { setTimeout(next, seconds * 1000); }
  function next() {
    fetch(location.href, { credentials: "same-origin", cache: "no-store" }).then(function (answer) {
      if (answer.redirected) { location.reload(); return null; }
      if (!answer.ok) { throw new Error("refused"); }
      return answer.text();
    }).then(function (text) {
      if (text === null) { return; }
      var found = new DOMParser().parseFromString(text, "text/html").getElementById("site");
      var shown = document.getElementById("site");
      shown.replaceWith(document.adoptNode(found));
      wait(Number(found.dataset.seconds));
    }).catch(function () {
      // Cut off: an old code would be refused, so none is shown until the line is back.
      document.getElementById("site").classList.add("away");
      wait(again);
    });
  }
  wait(Number(document.getElementById("site").dataset.seconds));
  function awake() {
    if (navigator.wakeLock && document.visibilityState === "visible") {
      navigator.wakeLock.request("screen").catch(function () {});
    }
  }
  document.addEventListener("visibilitychange", awake);
  awake();
})();
