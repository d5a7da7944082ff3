/** What a Region looks like. */
export const regionForm = {
  pattern: /^[a-z]+(-[a-z]+)+-\d+$/,
  accepted: "a Region, such as eu-central-1",
};
