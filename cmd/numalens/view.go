package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/numalens/numalens/pkg/datasource"
	"github.com/numalens/numalens/workbench"
)

const defaultListen = "127.0.0.1:8390"

func viewCommand(fs *flag.FlagSet) func(context.Context, streams, []string) error {
	var a access
	a.flags(fs)
	listen := fs.String("listen", defaultListen, "loopback address to serve on; port 0 picks a free one")
	return func(ctx context.Context, std streams, args []string) error {
		if len(args) == 0 {
			return &usageError{"give at least one directory of exports or URL of an agent"}
		}
		sources, err := a.open(args)
		if err != nil {
			return err
		}
		return serveWorkbench(ctx, std.out, *listen, datasource.WithSources(sources, nil))
	}
}

// serveWorkbench serves the page until the context ends.
func serveWorkbench(ctx context.Context, out io.Writer, listen string, i *datasource.Instance) error {
	page, err := workbench.Page()
	if err != nil {
		return err
	}
	l, err := listenLoopback(ctx, listen)
	if err != nil {
		return err
	}
	srv := &http.Server{
		Handler:           loopbackOnly(workbenchHandler(i, page)),
		ReadHeaderTimeout: 10 * time.Second,
		BaseContext:       func(net.Listener) context.Context { return ctx },
	}
	fmt.Fprintf(out, "numalens workbench: http://%s/\n", l.Addr())
	stopped := context.AfterFunc(ctx, func() { _ = srv.Close() })
	defer stopped()
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// listenLoopback refuses other addresses: the page has no login.
func listenLoopback(ctx context.Context, listen string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(listen)
	if err != nil {
		return nil, fmt.Errorf("listen address %q: %w; it looks like %s", listen, err, defaultListen)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen address %q is not a loopback address, and the workbench has no login; from afar, forward the port with `ssh -L`", listen)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("%w; choose another port with --listen", err)
	}
	return l, nil
}

// loopbackOnly refuses requests under a foreign name: a web page elsewhere
// could otherwise point its own name at this server and read the answers.
func loopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "the workbench answers only under localhost or a loopback address", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}
