package ui

import (
	"context"
	"strings"
	"time"

	"kabinet/internal/platform/i18n"
)

// CardOptions says how a card looks. The zero value is a white card.
type CardOptions struct {
	Title i18n.Text // heading of the card, zero is none
	Side  i18n.Text // said beside the heading: a count, a date
	More  Link      // leads on from beside the heading
	ID    string    // "" takes one from the title
	Tone  Tone      // "" is white
	Icon  string    // before the heading
	Flush bool      // without padding, for Rows and Table
	Form  bool      // fields and texts stand apart as in a form
	Quiet bool      // Section only: the title is said, not seen
}

func (o CardOptions) id() string {
	if o.ID != "" {
		return o.ID
	}
	return idOf(o.Title)
}

// Tag is the state of a thing in a word.
type Tag struct {
	Text i18n.Text
	Tone Tone   // "" is Neutral
	Icon string // "" is the icon of the tone
}

func (t Tag) tone() Tone {
	if t.Tone == "" {
		return Neutral
	}
	return t.Tone
}

func (t Tag) icon() string {
	if t.Icon == "" {
		return t.Tone.icon()
	}
	return t.Icon
}

// LinkTo is a card or a row that leads somewhere as a whole.
type LinkTo struct {
	Href  string
	Title i18n.Text
	Text  i18n.Text
	Icon  string // "" is no tile
	Tone  Tone   // "" is Accent
}

func (l LinkTo) tone() Tone {
	if l.Tone == "" {
		return Accent
	}
	return l.Tone
}

// RowItem is one thing of a list with at most one action.
type RowItem struct {
	LinkTo        // without Href the title is not a link
	Note   string // third line, small: a time, a source
	Unread bool
}

// Pair is a question with its answer, or a name with its value.
type Pair struct {
	Label i18n.Text
	Value string    // "" is drawn as «—»
	Known i18n.Text // where the value came from, as in «Из профиля»; zero is not said
	Edit  string    // address where it can be changed, "" is nowhere
	Num   bool      // digits stand in columns and do not wrap
}

// State is how far a step has come.
type State string

// Done steps are behind, Going is in the hands of others, Now waits for the
// person, Next are still to come, Failed ended badly.
const (
	Done   State = "done"
	Going  State = "going"
	Now    State = "now"
	Next   State = "next"
	Failed State = "failed"
)

// Step is one of the numbered steps of how it goes.
type Step struct{ Title, Text i18n.Text }

// Event is one thing that happened, or will.
type Event struct {
	Title i18n.Text
	Text  i18n.Text
	Note  string // when and by whom, small
	State State  // "" is Done
	Icon  string // "" is the icon of the state
}

func (e Event) state() State {
	if e.State == "" {
		return Done
	}
	return e.State
}

func (e Event) icon() string {
	if e.Icon != "" {
		return e.Icon
	}
	switch e.State {
	case Now:
		return "alert"
	case Going, Next:
		return "clock"
	case Failed:
		return "bad"
	}
	return "check"
}

// NavStep is a step of a form that a person may go back to.
type NavStep struct {
	Title i18n.Text
	Href  string // "" when it cannot be opened yet
	State State
}

// Choice is one of the links that narrow a list: a tab or a chip.
type Choice struct {
	Href    string
	Text    i18n.Text
	Count   string // "" is not said
	Current bool
	Remove  bool // the link takes this filter away
}

// EmptyState says what will be here and the way to get it.
type EmptyState struct {
	Icon   string
	Title  i18n.Text
	Text   i18n.Text
	Action Action // without Text there is none
	Level  int    // of the heading: 1, or 2 when 0
}

// File is a file in a list.
type File struct {
	Name  string
	Href  string    // "" is not a link
	Size  int64     // bytes; 0 is not said
	Kind  string    // «PDF»; "" is not said
	At    time.Time // zero is not said
	State Tag       // without Text it is not drawn
	Text  i18n.Text // what is wrong or special about it
	Icon  string    // "" is a sheet of paper
}

// Column is a column of a table.
type Column struct {
	Title  i18n.Text
	Right  bool // numbers and sums
	Num    bool // digits of equal width that do not wrap
	Hidden bool // the title is said, not seen: a column of buttons or boxes
}

func (c Column) class() string {
	switch {
	case c.Right && c.Num:
		return "r num"
	case c.Right:
		return "r"
	case c.Num:
		return "num"
	}
	return ""
}

// Pages leads through a long list: to what is earlier and to what is later
// than the part that is shown. "" is no such part.
type Pages struct{ Newer, Older string }

// SearchBox says how a search for services looks.
type SearchBox struct {
	Query string
	Big   bool
	Hint  i18n.Text // stands in the empty field; zero is «Название услуги или код»
}

// Suggestion is a line under the search box. Hit is the part of Text, in
// bytes, that answers what was typed; equal ends mark nothing.
type Suggestion struct {
	Href     string
	Text     string
	Hit, End int
	Kind     i18n.Text
	Icon     string // "" is a magnifying glass
}

func (s Suggestion) parts() (before, hit, after string) {
	if s.Hit < 0 || s.End > len(s.Text) || s.Hit >= s.End {
		return s.Text, "", ""
	}
	return s.Text[:s.Hit], s.Text[s.Hit:s.End], s.Text[s.End:]
}

// counted returns the text of a choice with its count.
func counted(ctx context.Context, c Choice) string {
	if c.Count == "" {
		return c.Text.In(ctx)
	}
	return c.Text.In(ctx) + "\u00a0" + c.Count
}

func fileIcon(f File) string {
	if f.Icon == "" {
		return "file-text"
	}
	return f.Icon
}

// fileNote returns the line under a file's name: «PDF, 210 КБ, 19 ноября».
func fileNote(ctx context.Context, f File) string {
	var parts []string
	if f.Kind != "" {
		parts = append(parts, f.Kind)
	}
	if f.Size > 0 {
		parts = append(parts, i18n.Bytes(ctx, f.Size))
	}
	if !f.At.IsZero() {
		parts = append(parts, i18n.Date(ctx, f.At))
	}
	return strings.Join(parts, ", ")
}

func searchHint(ctx context.Context, s SearchBox) string {
	if s.Hint.IsZero() {
		return i18n.T(ctx, "ui.search_hint")
	}
	return s.Hint.In(ctx)
}

func suggestionIcon(s Suggestion) string {
	if s.Icon == "" {
		return "search"
	}
	return s.Icon
}
