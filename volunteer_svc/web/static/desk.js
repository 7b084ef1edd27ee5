// The desk: tick all, and the photo shown before it is sent.
(function () {
  "use strict";
  document.querySelectorAll("[data-all]").forEach(function (all) {
    all.hidden = false;
    all.parentNode.querySelector("[data-all-label]").hidden = false;
    all.addEventListener("change", function () {
      document.querySelectorAll('input[name="' + all.dataset.all + '"]').forEach(function (one) {
        one.checked = all.checked;
      });
    });
  });
  var photo = document.querySelector('input[type="file"][name="photo"]');
  if (photo && window.URL) {
    var shown = document.createElement("img");
    shown.className = "photo";
    shown.alt = "";
    photo.addEventListener("change", function () {
      if (shown.src) { URL.revokeObjectURL(shown.src); }
      if (photo.files[0]) {
        shown.src = URL.createObjectURL(photo.files[0]);
        photo.parentNode.appendChild(shown);
      }
    });
  }
})();
