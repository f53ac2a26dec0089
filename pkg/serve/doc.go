// Package serve moves the bytes of an export from the measured host to
// whoever reads it: the agent's HTTP side, and the client that makes a remote
// export look like a directory.
//
// The server gives files, whole or by range, and nothing else. It runs no
// query, lists no directory, compresses nothing, and admits only a few
// requests at once, because the host it runs on is being measured. What a
// name may be is a short list (see servable), held by os.Root, so that
// neither `..` nor a symbolic link leaves the tree.
//
//	GET /healthz           "ok", without a token; says that something listens
//	GET /v1/files/<name>   the bytes of a file below the root, HEAD and Range too
//	GET /metrics           what a fleet's engine scrapes, made by the agent
//
// Every answer carries Numalens-Protocol, by which a client tells an agent
// from any other web server. How a reader knows that bytes did not change
// depends on what the file is:
//
//   - run.json, index.json and sealed Parquet carry a strong ETag; a client
//     asks with If-None-Match for the whole, and with If-Match for a part.
//   - A live tail (.arrows) has no ETag, which would change every second. Its
//     name is its generation, and a prefix never changes: the client asks from
//     where it stopped, and learns the new length from Content-Range, which
//     also comes with 416 when nothing was added. Numalens-Generation names
//     the inode, for the case that a tail of the same name began anew.
//
// A [Client] is an export.Files. It reads in blocks, ahead where a reader goes
// forward, and keeps them, so that reading one column is a few requests. Its
// errors are one sentence for the person who typed the address, and hold no
// secret.
package serve
