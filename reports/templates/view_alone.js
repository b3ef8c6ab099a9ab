// The page was sent without the file that it shares with its neighbours: show what needs no script, and say so.
if (typeof vis === "undefined") {
  const words = JSON.parse(document.getElementById("words").textContent);
  const still = new DOMParser().parseFromString(document.querySelector("noscript").textContent, "text/html");
  const said = document.createElement("p");
  said.setAttribute("role", "status");
  said.textContent = words.alone;
  document.getElementById("live").replaceChildren(said, ...still.body.children);
}
