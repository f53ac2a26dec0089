package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"

	"github.com/grafana/grafana-plugin-sdk-go/backend"

	"github.com/numalens/numalens/pkg/datasource"
	"github.com/numalens/numalens/pkg/query"
)

func queryCommand(fs *flag.FlagSet) func(context.Context, streams, []string) error {
	var a access
	a.flags(fs)
	return func(ctx context.Context, std streams, args []string) error {
		if len(args) != 2 {
			return &usageError{"give a directory or an agent's URL, and a query as JSON (or - to read it from standard input)"}
		}
		raw := []byte(args[1])
		if args[1] == "-" {
			var err error
			if raw, err = io.ReadAll(os.Stdin); err != nil {
				return fmt.Errorf("read the query: %w", err)
			}
		}
		q, err := query.Parse(raw, true)
		if err != nil {
			return err
		}
		sources, err := a.open(args[:1])
		if err != nil {
			return err
		}
		frames, err := datasource.WithSources(sources, nil).Frames(ctx, q)
		if err != nil {
			return err
		}
		res := backend.NewQueryDataResponse()
		res.Responses["A"] = backend.DataResponse{Frames: frames, Status: backend.StatusOK}
		return json.NewEncoder(std.out).Encode(res)
	}
}
