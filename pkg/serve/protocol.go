package serve

// Protocol is the version of the URL scheme and headers that this package
// speaks.
const Protocol = 1

// The headers of our own.
const (
	protocolHeader   = "Numalens-Protocol"
	generationHeader = "Numalens-Generation"
)

const filesPath = "/v1/files/"
