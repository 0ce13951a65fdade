// Every text in sight with the contrast of its colour against its ground, by WCAG 2.
const seen = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const colour = (text) => {
  const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
  return [r, g, b, a];
};
const over = (top, below) => top.slice(0, 3).map((c, i) => c * top[3] + below[i] * (1 - top[3]));
const light = (rgb) => {
  const [r, g, b] = rgb.map((c) => c / 255)
    .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  const text = walker.currentNode.data.trim();
  if (!text || !element.checkVisibility() || element.closest("script, style, template")) continue;
  const layers = [];
  let solid = 1;
  for (let one = element; one; one = one.parentElement) {
    const style = getComputedStyle(one);
    layers.unshift(colour(style.backgroundColor));
    solid *= Number(style.opacity);
  }
  const ground = layers.reduce((below, top) => over(top, below), [255, 255, 255]);
  const ink = colour(getComputedStyle(element).color);
  const written = over([...ink.slice(0, 3), ink[3] * solid], ground);
  const [high, low] = [light(written), light(ground)].sort((a, b) => b - a);
  seen.push([text.slice(0, 40), (high + 0.05) / (low + 0.05)]);
}
return seen;
