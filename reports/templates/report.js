"use strict";
// Navigation follows the reader; findings are shown by severity; errors and warnings open for printing.
const links = new Map([...document.querySelectorAll("nav li a")].map((a) => [a.hash.slice(1), a]));
const spy = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (!entry.isIntersecting) continue;
    for (const link of links.values()) link.removeAttribute("aria-current");
    const link = links.get(entry.target.id);
    if (link) link.setAttribute("aria-current", "true");
  }
}, {rootMargin: "-10% 0px -80% 0px"});
document.querySelectorAll("main section[id]").forEach((section) => spy.observe(section));

document.querySelectorAll("input[name=severity]").forEach((box) => box.addEventListener("change", () => {
  document.querySelectorAll(".find." + box.value).forEach((item) => { item.hidden = !box.checked; });
}));

addEventListener("beforeprint", () => {
  document.querySelectorAll(".find.error, .find.warning").forEach((item) => {
    if (!item.open) { item.open = true; item.dataset.printed = "1"; }
  });
});
addEventListener("afterprint", () => {
  document.querySelectorAll("details[data-printed]").forEach((item) => { item.open = false; delete item.dataset.printed; });
});
