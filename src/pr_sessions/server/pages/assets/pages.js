// What a page does beside htmx: it says aloud that something changed, and reads again what changed while nobody listened.
(() => {
  "use strict";
  const live = () => document.getElementById("live");

  // Something may have changed before the connection was made, or while it was broken.
  document.addEventListener("htmx:sse:after:connection", (event) => {
    document.documentElement.dataset.live = "yes";
    htmx.trigger(event.target, "changed");
  });

  document.addEventListener("htmx:after:swap", (event) => {
    const part = document.getElementById("changing");
    const announced = document.getElementById("announced");
    if (!part || !announced || event.target === live()) return;
    announced.textContent = "";
    requestAnimationFrame(() => { announced.textContent = part.dataset.said; });
  });
})();
