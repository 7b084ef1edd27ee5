// What is worked on for long: its page is looked at again every two seconds until it is done.
(function () {
  "use strict";
  var SECONDS = 2;
  function again() {
    fetch(location.href, {credentials: "same-origin"}).then(function (answer) {
      return answer.ok ? answer.text() : "";
    }).then(function (text) {
      var come = new DOMParser().parseFromString(text, "text/html");
      var now = document.getElementById("progress-now"), then = come.getElementById("progress-now");
      if (!then) { return; }
      if (!come.querySelector('script[src*="/progress."]')) { location.reload(); return; }
      if (now.innerHTML !== then.innerHTML) { now.replaceWith(then); }
    }).catch(function () { /* away: the next look tells */ }).then(wait);
  }
  function wait() { setTimeout(again, SECONDS * 1000); }
  wait();
})();
