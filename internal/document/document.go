package document

import (
	"path"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"kabinet/internal/platform/blob"
	"kabinet/internal/platform/fault"
)

// Limits of what a person can keep.
const (
	MaxSize  = 5 << 20 // bytes of one upload
	MaxFiles = 2000    // of an account
	MaxTotal = 2 << 30 // bytes of an account
)

// maxName is the longest name of a file in characters, extension included.
const maxName = 120

var (
	ErrNone      = fault.New(fault.NotFound, "document.none")
	ErrEmpty     = fault.New(fault.Invalid, "document.empty_file")
	ErrMissing   = fault.New(fault.Invalid, "document.no_file")
	ErrTooLarge  = fault.New(fault.Invalid, "document.too_large")
	ErrFormat    = fault.New(fault.Invalid, "document.format")
	ErrBroken    = fault.New(fault.Invalid, "document.broken")
	ErrBig       = fault.New(fault.Invalid, "document.big_picture")
	ErrActive    = fault.New(fault.Invalid, "document.active")
	ErrInfected  = fault.New(fault.Invalid, "document.infected")
	ErrCutOff    = fault.New(fault.Invalid, "document.cut_off")
	ErrFull      = fault.New(fault.Conflict, "document.full")
	ErrAttached  = fault.New(fault.Conflict, "document.attached")
	ErrFlawed    = fault.New(fault.Conflict, "document.flawed")
	ErrIssued    = fault.New(fault.Conflict, "document.issued_stays")
	ErrScanner   = fault.New(fault.Unavailable, "document.scanner_down")
	ErrDamaged   = fault.New(fault.Unavailable, "document.damaged")
	ErrNoCode    = fault.New(fault.NotFound, "document.no_code")
	ErrCheckBusy = fault.New(fault.Unavailable, "document.check_busy")
	ErrCheckSize = fault.New(fault.Invalid, "document.check_too_large")
)

// Kind tells where a file came from.
type Kind string

const (
	Uploaded Kind = "upload"
	Issued   Kind = "issued"
)

// Format is what a file's content is.
type Format string

const (
	PDF  Format = "pdf"
	JPEG Format = "jpeg"
	PNG  Format = "png"
)

// Media returns the media type.
func (f Format) Media() string {
	switch f {
	case PDF:
		return "application/pdf"
	case JPEG:
		return "image/jpeg"
	}
	return "image/png"
}

// extensions lists what a name may end with, the usual one first.
func (f Format) extensions() []string {
	switch f {
	case PDF:
		return []string{".pdf"}
	case JPEG:
		return []string{".jpg", ".jpeg"}
	}
	return []string{".png"}
}

// Type is what a document is to its person.
type Type string

const (
	Other       Type = "other"
	Passport    Type = "passport"
	SNILS       Type = "snils"
	Certificate Type = "certificate"
	Contract    Type = "contract"
	Photo       Type = "photo"
)

// Types returns all types in the order of lists.
func Types() []Type { return []Type{Passport, SNILS, Certificate, Contract, Photo, Other} }

// parseType returns Other for what it does not know.
func parseType(s string) Type {
	if t := Type(s); slices.Contains(Types(), t) {
		return t
	}
	return Other
}

// Status is how far a file has got.
type Status string

const (
	StatusUploaded Status = "uploaded"
	StatusClarify  Status = "clarify" // Flaw says what is wrong
	StatusSigned   Status = "signed"  // issued, sealed by the operator
)

// Statuses returns all statuses in the order of lists.
func Statuses() []Status { return []Status{StatusUploaded, StatusClarify, StatusSigned} }

// Flaw is what the person has to mend in an upload.
type Flaw string

const (
	Sound  Flaw = ""
	CutOff Flaw = "cut"    // a PDF without its end
	Locked Flaw = "locked" // a PDF that asks for a password
)

// The largest picture, so that whoever opens it can: what takes a few
// kilobytes here may take gigabytes there.
const (
	maxPixels = 50_000_000
	maxSide   = 20_000
)

// File is a stored file.
type File struct {
	ID       string
	Account  string
	Kind     Kind
	Type     Type
	Name     string // with extension, safe to show and to write in a header
	Format   Format
	Size     int64 // bytes
	SHA256   [32]byte
	Status   Status
	Flaw     Flaw
	Until    string // last day of validity, 2006-01-02; empty: no limit
	At       time.Time
	Attached bool // to something that was sent: it stays

	blob string
}

func (f File) ref() blob.Ref { return blob.Ref{ID: f.blob, Size: f.Size, SHA256: f.SHA256} }

// Usable returns ErrFlawed for a file that cannot be attached to anything.
func (f File) Usable() error {
	if f.Flaw != Sound {
		return ErrFlawed
	}
	return nil
}

// Expired reports whether the document's validity had ended on the day of now,
// in the time zone of now.
func (f File) Expired(now time.Time) bool {
	return f.Until != "" && f.Until < now.Format(time.DateOnly)
}

// checkExtension returns ErrFormat when the name ends like a file of another
// kind. What does not look like an extension passes: «Справка от 04.12.2026»,
// and phones send names without any.
func checkExtension(name string) error {
	ext := strings.ToLower(path.Ext(strings.TrimSpace(base(name))))
	if len(ext) < 2 || len(ext) > 6 || ext[1] < 'a' || ext[1] > 'z' ||
		strings.Trim(ext[1:], "abcdefghijklmnopqrstuvwxyz0123456789") != "" {
		return nil
	}
	for _, f := range []Format{PDF, JPEG, PNG} {
		if slices.Contains(f.extensions(), ext) {
			return nil
		}
	}
	return ErrFormat
}

// base is the last element of a path of either kind of system.
func base(name string) string {
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// cleanName makes a name that may be shown, stored and written in a header: no
// path, no control and direction marks, at most maxName characters, with the
// extension of what the content really is.
func cleanName(name string, f Format) string {
	name = norm.NFC.String(strings.ToValidUTF8(base(name), ""))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs, unicode.Zl, unicode.Zp):
			return -1
		case unicode.IsSpace(r):
			return ' '
		}
		return r
	}, name)
	stem, ext := name, f.extensions()[0]
	if own := path.Ext(name); slices.Contains([]string{".pdf", ".jpg", ".jpeg", ".png"}, strings.ToLower(own)) {
		stem = strings.TrimSuffix(name, own)
		if slices.Contains(f.extensions(), strings.ToLower(own)) {
			ext = strings.ToLower(own)
		}
	}
	stem = strings.Trim(stem, " .")
	if limit := maxName - len(ext); utf8.RuneCountInString(stem) > limit {
		stem = strings.TrimRight(string([]rune(stem)[:limit]), " .")
	}
	if stem == "" {
		stem = "file"
	}
	return stem + ext
}

// fold makes texts that a person takes for the same equal.
func fold(s string) string {
	return strings.ReplaceAll(strings.ToLower(norm.NFC.String(s)), "ё", "е")
}
