// Package folder shows a directory of what other tools printed as exports: a
// person drops files there, and they are runs.
//
// The files of one directory are one run on one time axis; each directory
// below it is a run of its own. What a format recognises is imported, by the
// same code as `numalens import`, into a cache beside the user's other caches
// and never into the directory itself. It is imported anew when a file
// changes, and goes from the cache when the files go. Exports that lie in the
// same directory are shown as they are.
//
// A file that cannot be read is a sentence ([Folder.Problems]) and hides no
// other. The package does not watch: it looks when it is asked, at most once a
// second.
package folder
