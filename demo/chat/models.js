// The models offered by name. "tiny" was made by this project and lies beside the pages; the others are the Hub's.

/** @typedef {{ id: string, name?: string, about: string, megabytes: number }} OfferedModel */

/** @type {OfferedModel[]} */
export const MODELS = [
  { id: 'tiny', name: 'Fairy tales', about: 'goes on with a story; comes with this page', megabytes: 8 },
  { id: 'HuggingFaceTB/SmolLM2-135M-Instruct', about: 'English, small', megabytes: 269 },
  { id: 'HuggingFaceTB/SmolLM2-360M-Instruct', about: 'English', megabytes: 724 },
  { id: 'Qwen/Qwen2.5-0.5B-Instruct', about: 'many languages', megabytes: 988 },
  { id: 'Qwen/Qwen3-0.6B', about: 'many languages, thinks aloud first', megabytes: 1503 },
];

/** What may be written to begin with. */
export const IDEAS = {
  chat: ['Why is the sky blue?', 'Write four lines about rain.', 'Explain to a child how bread is made.'],
  story: [
    'Once upon a time there was a miller who had',
    'The king’s youngest daughter went into the wood, and',
    'There were once a wolf and a fox who',
  ],
};
