let share = Number(process.env.CHAOS_FAILURE_SHARE ?? 0);

// The run says when it is over; when the run itself is gone, so is this instance.
process.on('message', (message: { failureShare: number }) => {
  share = message.failureShare;
});
process.on('disconnect', () => process.exit(1));

/** True as often as this instance is told to fail. */
export function fails(): boolean {
  return Math.random() < share;
}
