// Accessibility faults of a page: missing names, wrong headings and ids, focus order, small buttons, low contrast.

/**
 * @param {import('playwright-core').Page} page
 * @returns {Promise<string[]>} what is wrong
 */
export async function faults(page) {
  const wrong = [...(await unnamed(page)), ...(await page.evaluate(structure)), ...(await page.evaluate(contrast))];
  return wrong;
}

/**
 * Controls without a name in the browser's accessibility tree.
 * @param {import('playwright-core').Page} page
 */
async function unnamed(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  await session.detach();
  const need = [
    'button',
    'textbox',
    'searchbox',
    'combobox',
    'radio',
    'progressbar',
    'checkbox',
    'link',
    'list',
    'region',
    'DisclosureTriangle',
  ];
  const nameless = ['list']; // needs no name inside of something named
  return nodes
    .filter(
      (node) =>
        !node.ignored && need.includes(node.role?.value) && !nameless.includes(node.role?.value) && !node.name?.value,
    )
    .map((node) => `a ${node.role?.value} without a name`);
}

function structure() {
  const wrong = [];
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of new Set(ids.filter((id, i) => ids.indexOf(id) !== i))) wrong.push(`the id ${id} twice`);
  for (const attribute of ['aria-labelledby', 'aria-describedby', 'for']) {
    for (const element of document.querySelectorAll(`[${attribute}]`)) {
      for (const id of (element.getAttribute(attribute) ?? '').split(/\s+/))
        if (!document.getElementById(id)) wrong.push(`${attribute} names ${id}, which is not there`);
    }
  }
  if (!document.documentElement.lang) wrong.push('no language');
  if (!document.title) wrong.push('no title');
  if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
  const levels = [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => Number(h.tagName[1]));
  if (levels[0] !== 1 || levels.filter((level) => level === 1).length !== 1) wrong.push('not one h1 at the head');
  levels.forEach((level, i) => {
    if (i && level > levels[i - 1] + 1) wrong.push(`a heading jumps from ${levels[i - 1]} to ${level}`);
  });
  for (const element of document.querySelectorAll('[tabindex]'))
    if (/** @type {HTMLElement} */ (element).tabIndex > 0) wrong.push('a positive tabindex');
  for (const element of document.querySelectorAll('img:not([alt])')) wrong.push(`no alt: ${element.outerHTML}`);
  for (const element of document.querySelectorAll('button')) {
    const { width, height } = element.getBoundingClientRect();
    if (width && Math.min(width, height) < 24) wrong.push(`${element.textContent} is only ${width}×${height}`);
  }
  return wrong;
}

function contrast() {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  if (!canvas) return ['no canvas'];
  /**
   * The luminance of the colours, painted over each other.
   * @param {string[]} colours
   */
  const over = (colours) => {
    canvas.fillStyle = '#fff';
    canvas.fillRect(0, 0, 1, 1);
    for (const colour of colours) {
      canvas.fillStyle = colour;
      canvas.fillRect(0, 0, 1, 1);
    }
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((v) =>
      v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4,
    );
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const wrong = new Set();
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim())) continue;
    if (
      element.closest(':disabled, [hidden], label:has(:disabled), option') ||
      !element.checkVisibility({ visibilityProperty: true })
    )
      continue;
    const backgrounds = [];
    for (let at = /** @type {Element | null} */ (element); at; at = at.parentElement)
      backgrounds.unshift(getComputedStyle(at).backgroundColor);
    const style = getComputedStyle(element),
      size = parseFloat(style.fontSize);
    const under = over(backgrounds),
      ink = over([...backgrounds, style.color]);
    const ratio = (Math.max(under, ink) + 0.05) / (Math.min(under, ink) + 0.05);
    const enough = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
    const where = `"${element.textContent?.trim().slice(0, 30)}" (${element.tagName} ${element.className})`;
    if (ratio < enough) wrong.add(`contrast ${ratio.toFixed(2)} at ${where}`);
  }
  return [...wrong];
}
