// Package workbench holds the page that shows the panels' Views without a
// Grafana, built by `npm run workbench` into dist/. It holds the bytes only;
// the server is in cmd/numalens.
package workbench

import (
	"embed"
	"errors"
	"io/fs"
)

// The directory is committed empty, so that Go builds before the page does.
//
//go:embed all:dist
var dist embed.FS

// Page gives the built page's files.
func Page() (fs.FS, error) {
	page, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, err
	}
	if _, err := fs.Stat(page, "index.html"); err != nil {
		return nil, errors.New("this numalens was built without its page; build it with `make build`, which runs `npm run workbench` first")
	}
	return page, nil
}
