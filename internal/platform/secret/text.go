package secret

import "log/slog"

const mask = "•••"

// Text is a text that must not get into logs or errors by accident: printing,
// logging and marshalling show a mask. Reveal gives the text itself.
type Text string

// Reveal returns the text.
func (t Text) Reveal() string { return string(t) }

// String implements fmt.Stringer with a mask.
func (t Text) String() string { return mask }

// GoString implements fmt.GoStringer with a mask.
func (t Text) GoString() string { return mask }

// LogValue implements slog.LogValuer with a mask.
func (t Text) LogValue() slog.Value { return slog.StringValue(mask) }

// MarshalText implements encoding.TextMarshaler with a mask.
func (t Text) MarshalText() ([]byte, error) { return []byte(mask), nil }
