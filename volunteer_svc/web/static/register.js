// The number says birth date and sex, and at once what is wrong; the photo gets small before it goes.
// The server judges all of it again.
(function () {
  "use strict";
  var form = document.getElementById("register");
  if (!form) { return; }
  var field = function (name) { return document.getElementById("f-form-" + name.replace("_", "-")); };
  var kind = field("document_kind"), number = field("document_number"), birth = field("birth_date");
  var guardian = document.getElementById("guardian"), said = form.dataset;
  var WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

  function tell(id, words, wrong) {
    var place = document.getElementById(id);
    place.textContent = words; place.hidden = !words;
    place.className = "told " + (wrong ? "error" : "right");
  }
  function age(day) {
    var now = said.today.split("-").map(Number), born = day.split("-").map(Number);
    var years = now[0] - born[0];
    return now[1] < born[1] || (now[1] === born[1] && now[2] < born[2]) ? years - 1 : years;
  }
  function fits(text) {
    var sum = 0;
    for (var n = 0; n < 17; n++) { sum += WEIGHTS[n] * Number(text[n]); }
    return "10X98765432"[sum % 11] === text[17];
  }
  function guard() {
    var years = birth.value ? age(birth.value) : NaN, filled = guardian.querySelector("input[type=text]").value;
    guardian.hidden = !(years < 18 || filled || guardian.querySelector(".error"));
  }
  function read() {
    var text = number.value.normalize("NFKC").replace(/[\s-]/g, "").toUpperCase();
    if (kind.value === "passport" || kind.value === "foreign_permanent_residence") { tell("number-told", ""); return; }
    if (text.length === 15 && /^\d+$/.test(text) && document.activeElement !== number) { tell("number-told", said.old, true); return; }
    if (text.length < 18) { tell("number-told", text && document.activeElement !== number ? said.wrong : "", true); return; }
    var day = text.slice(6, 10) + "-" + text.slice(10, 12) + "-" + text.slice(12, 14);
    var real = /^\d{17}[\dX]$/.test(text) && fits(text) && !isNaN(Date.parse(day))
      && new Date(day).toISOString().slice(0, 10) === day
      && (kind.value === "residence_permit_hmt") === /^8[123]/.test(text);
    if (!real) { tell("number-told", said.wrong, true); return; }
    birth.value = day;
    var sex = form.querySelector("input[name='form.sex'][value=" + (Number(text[16]) % 2 ? "M" : "F") + "]");
    sex.checked = true;
    tell("number-told", age(day) < 14 ? said.young : said.right, age(day) < 14);
    guard();
  }
  number.addEventListener("input", read);
  number.addEventListener("blur", read);
  kind.addEventListener("change", read);
  birth.addEventListener("change", guard);
  if (number.value) { read(); }
  guard();

  var photo = document.getElementById("f-photo"), shown = document.getElementById("photo-shown");
  photo.addEventListener("change", function () {
    var file = photo.files[0];
    tell("photo-told", ""); shown.hidden = true;
    if (!file) { return; }
    var url = URL.createObjectURL(file), image = new Image();
    image.onerror = function () { URL.revokeObjectURL(url); tell("photo-told", said.photo, true); };
    image.onload = function () {
      shown.src = url; shown.hidden = false;
      var part = Math.min(1, 1280 / Math.max(image.naturalWidth, image.naturalHeight));
      if (file.size < 400000 || !window.DataTransfer) { return; }
      var canvas = document.createElement("canvas");
      canvas.width = Math.round(image.naturalWidth * part); canvas.height = Math.round(image.naturalHeight * part);
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      canvas.toBlob(function (made) {
        if (!made || made.size >= file.size) { return; }
        var carried = new DataTransfer();
        carried.items.add(new File([made], "photo.jpg", {type: "image/jpeg"}));
        photo.files = carried.files;
        shown.dataset.small = made.size;
      }, "image/jpeg", 0.85);
    };
    image.src = url;
  });
})();
