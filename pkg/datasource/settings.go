package datasource

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/numalens/numalens/pkg/export"
	"github.com/numalens/numalens/pkg/imports/folder"
	"github.com/numalens/numalens/pkg/imports/formats"
	"github.com/numalens/numalens/pkg/query"
	"github.com/numalens/numalens/pkg/serve"
)

// Settings is the data source's jsonData.
type Settings struct {
	// Directory holds exports, as seen by the Grafana server; "" is none.
	// Files there that other tools printed are runs too.
	Directory string `json:"directory,omitempty"`
	// ImportCache is where what is made of such files is kept; "" is the
	// user's cache directory.
	ImportCache string  `json:"importCache,omitempty"`
	Agents      []Agent `json:"agents,omitempty"`

	// ImportWait is how long a question waits for files to be imported before
	// it is answered without them; 0 is until they are.
	ImportWait time.Duration `json:"-"`

	Engine
}

// Agent is an agent to read from. Its bearer token is a secret: it comes from
// secureJsonData, key "token.<name>", or "token" for all agents without one.
type Agent struct {
	Name        string `json:"name"`
	URL         string `json:"url"`
	CAFile      string `json:"caFile,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	ServerName  string `json:"serverName,omitempty"`
}

// ParseSettings reads jsonData.
func ParseSettings(raw []byte) (Settings, error) {
	var s Settings
	if len(raw) == 0 {
		return s, nil
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("the data source's jsonData is not readable: %w", err)
	}
	return s, nil
}

// FieldError is an error of one field of the settings, so that the config
// editor can put it where it belongs.
type FieldError struct {
	Field string // "directory", or "agents.<index>." and the setting: url, token, caFile, fingerprint, serverName
	Err   error
}

func (e *FieldError) Error() string { return e.Err.Error() }
func (e *FieldError) Unwrap() error { return e.Err }

// Open opens every source of the settings. Sources with a wrong setting are
// left out and their errors joined, each a *FieldError.
func (s Settings) Open(secrets map[string]string) (query.Sources, error) {
	var out query.Sources
	var errs []error
	if s.Directory != "" {
		files, err := s.openDirectory()
		if err != nil {
			errs = append(errs, s.directoryError(err))
		} else {
			out = append(out, query.Named{Name: s.Directory, Source: captures{placed{export.NewReader(files), s.directoryError}, files}})
		}
	}
	if e, err := s.Engine.open(); err != nil {
		errs = append(errs, err)
	} else if e != nil {
		out = append(out, query.Named{Name: s.URL, Source: e})
	}
	for i, a := range s.Agents {
		wrong := func(err error) error {
			return &FieldError{fmt.Sprintf("agents.%d.%s", i, serve.SettingOf(err)), err}
		}
		files, err := a.open(secrets)
		if err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", a.label(), wrong(err)))
			continue
		}
		out = append(out, query.Named{Name: a.label(), Source: placed{export.NewReader(files), wrong}})
	}
	if len(out) == 0 && len(errs) == 0 {
		errs = append(errs, errors.New("the data source has no source yet; give it a directory of exports or the URL of an agent"))
	}
	return out, errors.Join(errs...)
}

// placed is a source that knows which field of the settings it came from.
type placed struct {
	query.Source
	wrong func(error) error
}

// Index is what every question begins with: a source that cannot be reached
// fails here.
func (p placed) Index(ctx context.Context) (*export.Index, error) {
	index, err := p.Source.Index(ctx)
	if err != nil {
		return nil, p.wrong(err)
	}
	return index, nil
}

func (Settings) directoryError(err error) error { return &FieldError{"directory", err} }

// captures is a directory in which there may be files that other tools
// printed.
type captures struct {
	placed
	*folder.Folder
}

// Notices are what of the files could not be read. Beside the pictures of a
// run that was recorded they would only be in the way.
func (c captures) Notices(host, run string) []string {
	problems := c.Problems()
	if run != "" {
		problems = c.ProblemsOf(host, run)
	}
	var out []string
	for _, p := range problems {
		out = append(out, p.String()+".") // it begins with a file's name
	}
	return folder.Shortened(out)
}

func (s Settings) openDirectory() (*folder.Folder, error) {
	if !filepath.IsAbs(s.Directory) {
		return nil, fmt.Errorf("directory %q must be an absolute path on the machine that runs the data source", s.Directory)
	}
	if s.ImportCache != "" && !filepath.IsAbs(s.ImportCache) {
		return nil, fmt.Errorf("cache directory %q must be an absolute path on the machine that runs the data source", s.ImportCache)
	}
	return folder.Open(s.Directory, folder.Options{Formats: formats.All(), Cache: s.ImportCache, Wait: s.ImportWait})
}

func (a Agent) label() string {
	if a.Name != "" {
		return a.Name
	}
	return a.URL
}

func (a Agent) open(secrets map[string]string) (export.Files, error) {
	token := secrets["token."+a.Name]
	if token == "" {
		token = secrets["token"]
	}
	return serve.Dial(serve.ClientOptions{URL: a.URL, Token: token, CAFile: a.CAFile, Fingerprint: a.Fingerprint, ServerName: a.ServerName})
}
