Page({ data: { labels: require('../../lib/labels.js') } });
