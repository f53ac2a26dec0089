// Package datasource is Grafana's side of numalens: it turns Grafana's
// requests into queries ([query.Query]) and their results into frames.
//
// One [Instance] serves one configured data source. Its sources are a
// directory of exports and agents by URL, read through the same reader. The
// plugin's backend, the workbench and the command line all call this package,
// so they answer alike. Shapes are documented in docs/format/frames.md.
//
// It computes nothing: sums, shares and nulls come from package query.
package datasource
