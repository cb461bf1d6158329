// The models offered by name. "tiny" was trained by this project and is served with the pages; the others are on the
// Hub.

/** @typedef {{ id: string, name?: string, about: string, megabytes: number }} OfferedModel */

/** @type {OfferedModel[]} */
export const MODELS = [
  { id: 'tiny', name: 'Fairy tales', about: 'continues a story; comes with this page', megabytes: 8 },
  { id: 'HuggingFaceTB/SmolLM2-135M-Instruct', about: 'English, small', megabytes: 269 },
  { id: 'HuggingFaceTB/SmolLM2-360M-Instruct', about: 'English', megabytes: 724 },
  { id: 'Qwen/Qwen2.5-0.5B-Instruct', about: 'many languages', megabytes: 988 },
  { id: 'Qwen/Qwen3-0.6B', about: 'many languages, reasons before it answers', megabytes: 1503 },
];

/** Suggestions to begin with. */
export const IDEAS = {
  chat: ['Why is the sky blue?', 'Write four lines about rain.', 'Explain to a child how bread is made.'],
  story: [
    'Once upon a time there was a miller who had',
    'The king’s youngest daughter went into the wood, and',
    'There were once a wolf and a fox who',
  ],
};
