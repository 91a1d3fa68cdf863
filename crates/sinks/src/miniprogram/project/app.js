// The bundle that was opened last stands here until its page has taken it.
App({ globalData: { bundles: [] } });
