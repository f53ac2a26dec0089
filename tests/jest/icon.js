const React = require('react');

// Icons are fetched from Grafana's server, which is not there in a test.
module.exports = { __esModule: true, default: () => React.createElement('svg') };
