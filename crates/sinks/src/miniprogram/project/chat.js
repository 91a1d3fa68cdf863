Page(require('../../lib/reader.js')(require('./data.js'), require('../../lib/labels.js')));
