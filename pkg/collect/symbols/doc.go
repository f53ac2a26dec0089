// Package symbols names addresses of code: those of the kernel, and those of
// processes, by what each of them has mapped. It fills the tables mappings
// and symbols, once a run, so that stacks can be read anywhere later.
//
// # Life of a Namer
//
//	n, missing, err := symbols.Open(options)
//	n.See(pid, kernel, user)     // for each new stack, at once
//	left := n.Write(sink, 5*time.Millisecond) // when there is time
//	n.Forget(pid)                // a process ended, or runs another program
//
// See finds out what is gone with the process: it reads /proc/PID/maps when
// it meets a process, or an address outside of what it knows, and holds the
// mapped file open. When all is known already it costs a look-up an address.
// Write does the rest: it reads symbol tables, one file after the other, and
// sends a mapping, or the name of a range of code, once.
//
// # Which byte is named
//
// A stack's addresses are those to return to, except the innermost. The call
// is before that, possibly as the last instruction of its function, so what
// is looked up, and covered by a row, is the byte before the address. The
// first address of either list is looked up as it is: of the kernel's it is
// where the probe fired, of the process's where it was interrupted, entered
// the kernel, or met a probe of its own.
//
// # Where names come from
//
//	kernel.go     /proc/kallsyms; relative to _text, or a module's start, so
//	              that two boots of a kernel give the same offsets
//	gotable       a Go binary's own tables, stripped or not
//	debuginfo     DWARF, of the file or of /usr/lib/debug/.build-id
//	symtab.go     .symtab and .dynsym, of the file or its debug file
//
// in this order; each is asked where the one before has nothing. A name that
// is not certain is not given.
//
// # What it costs
//
// Memory is bounded: so many files are open (mostFiles), so many bytes of
// tables are held (mostTableBytes, and those of a file that is larger are not
// read), and a file's DWARF beyond mostDebugBytes is left aside.
// It needs the right to read the process (same user, or CAP_SYS_PTRACE), and
// CAP_SYSLOG or kptr_restrict 0 for the kernel's names.
//
// It leaves out .gnu_debugdata (it would take an LZMA decoder), files named by
// .gnu_debuglink, code that a process made itself (such an address lies in a
// mapping "[anon]"), 32-bit and big-endian binaries.
package symbols
