/** Asks for the next value before it hands out this one, so that making values and using them go on side by side. */
export async function* readAhead<T>(source: AsyncGenerator<T, void>): AsyncGenerator<T> {
  let next = source.next();
  try {
    for (let result = await next; !result.done; result = await next) {
      next = source.next();
      // Its failure is met by the await above, or below once nobody wants it any more.
      next.catch(() => {});
      yield result.value;
    }
  } finally {
    await next.catch(() => {});
    await source.return();
  }
}
