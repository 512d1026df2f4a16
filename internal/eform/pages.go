package eform

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"kabinet/internal/document"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/ui"
	"kabinet/internal/platform/web"
)

// View is what StepFields draws of a step.
type View struct {
	State     *State
	Step      string
	Rev       int64           // of the draft
	Tab       string          // of the posted form that this drawing answers; "" is a page opened anew
	Problems  []Problem       // to show; those of other steps are left out
	New       bool            // the answers brought up questions that were not on the page before
	Profile   string          // address where what is known can be changed; "" offers nothing
	Recheck   string          // address that the script asks for the fields again; "" is none
	Upload    string          // address that takes one file of this step; "" sends files with the form
	Documents []document.File // of the person, to choose from
}

// Way says where a step stands among those that are asked now.
type Way struct {
	Number, Of     int    // from 1
	Minutes        int    // that this step and those after it take
	Previous, Next string // IDs of steps; "" at the ends
}

// Way returns where a step stands; the zero Way when it is not asked.
func (s *State) Way(step string) Way {
	steps := s.Steps()
	i := slices.IndexFunc(steps, func(at *Step) bool { return at.ID.Value == step })
	if i < 0 {
		return Way{}
	}
	w := Way{Number: i + 1, Of: len(steps)}
	for _, at := range steps[i:] {
		w.Minutes += at.minutes()
	}
	if i > 0 {
		w.Previous = steps[i-1].ID.Value
	}
	if i+1 < len(steps) {
		w.Next = steps[i+1].ID.Value
	}
	return w
}

func (s *Step) minutes() int {
	if s.Minutes == 0 {
		return 2
	}
	return s.Minutes
}

// HasFiles reports whether the step asks for files, so that its form must be
// sent as multipart.
func (s *State) HasFiles(step string) (has bool) {
	if at := s.c.step(step); at != nil {
		walk(at.fields, func(f *field) { has = has || f.Kind == File })
	}
	return has
}

// ErrorFields returns the problems as ui.ErrorSummary draws them: a link to
// the input and what to do there.
func ErrorFields(problems []Problem) (fields []*web.Field) {
	for _, p := range problems {
		text := p.Text
		if !p.Row.IsZero() {
			text = i18n.K("eform.in_row", "row", p.Row, "text", p.Text)
		}
		fields = append(fields, &web.Field{Name: p.Path, Error: text})
	}
	return fields
}

// drawing is a View while it is drawn.
type drawing struct {
	View
	step *step
	tab  string
}

func newDrawing(v View) *drawing {
	step := v.State.c.step(v.Step)
	if step == nil || !v.State.asked(step) {
		return nil
	}
	tab := v.Tab
	if !validTab(tab) {
		tab = id.Secret()[:8]
	}
	return &drawing{v, step, tab}
}

// validTab reports whether a posted name of a window is one of ours. A window
// keeps its name while its form comes back with mistakes, so that what it saved
// by itself meanwhile is not taken for somebody else's change.
func validTab(s string) bool {
	return len(s) == 8 && strings.Trim(s, "0123456789abcdefghjkmnpqrstvwxyz") == ""
}

// at returns the fields that are drawn at a spot, without what is known.
func (d *drawing) at(sp *spot, fields []*field) (shown []*field) {
	for _, f := range fields {
		if sp.visible(f) && !sp.isLocked(f) {
			shown = append(shown, f)
		}
	}
	return shown
}

// drawn lists the paths of all fields on the page.
func (d *drawing) drawn() string {
	var paths []string
	var list func(sp *spot, fields []*field)
	list = func(sp *spot, fields []*field) {
		for _, f := range d.at(sp, fields) {
			paths = append(paths, sp.prefix+f.id)
			if f.Kind == Group {
				for _, row := range sp.rowsOf(f) {
					list(row, f.fields)
				}
			}
		}
	}
	list(d.State.root, d.step.fields)
	return strings.Join(paths, " ")
}

// known returns what is known of the person and shown, not asked.
func (d *drawing) known(ctx context.Context) (pairs []ui.Pair) {
	s := d.State
	for _, f := range d.step.fields {
		if !s.root.visible(f) || !s.root.isLocked(f) {
			continue
		}
		for _, it := range s.items(nil, s.root, []*field{f}) {
			pairs = append(pairs, ui.Pair{Label: it.Label.Text(), Value: strings.Join(it.Lines(ctx), ", "), Num: f.Kind == Passport || f.Kind == SNILS || f.Kind == INN || f.Kind == Phone})
		}
	}
	return pairs
}

// knownWrong returns what is wrong with what is known: it is mended in the
// profile.
func (d *drawing) knownWrong() (wrong []Problem) {
	for _, p := range d.Problems {
		if f, sp, _ := d.State.find(p.Path); f != nil && sp.isLocked(f) {
			wrong = append(wrong, p)
		}
	}
	return wrong
}

// wrong returns what to say at an input, zero when nothing is wrong.
func (d *drawing) wrong(path string) i18n.Text {
	for _, p := range d.Problems {
		if p.Path == path {
			return p.Text
		}
	}
	return i18n.Text{}
}

// input returns the input of a field of one value, or of a part of one.
func (d *drawing) input(sp *spot, f *field, part string) *web.Field {
	path, label, k := sp.prefix+f.id, f.Label.Text(), f.kind
	in := &web.Field{Name: path, Label: label, Hint: f.Hint.Text(), Optional: !sp.required(f)}
	if part != "" {
		i := slices.IndexFunc(f.kind.parts, func(p partOf) bool { return p.name == part })
		k = f.parts[i]
		in = &web.Field{Name: path + "." + part, Label: i18n.K("eform.part_" + part)} // «Если есть» says that a patronymic need not be
		switch {
		case len(f.kind.parts) == 1:
			in.Label, in.Hint, in.Optional = label, f.Hint.Text(), !sp.required(f)
		case part == "on" || part == "from" || part == "to" || part == "middle":
			in.Hint = i18n.K("eform.hint_" + part)
		}
	}
	if in.Hint.IsZero() && part == "" {
		in.Hint = hintOf(f.Kind)
	}
	in.Value = typedForm(k, sp.raw(f, part))
	in.Error = d.wrong(in.Name)
	return in
}

// hintOf returns the hint of a field whose definition gives none.
func hintOf(k Kind) i18n.Text {
	switch k {
	case Date, SNILS, INN, Plate, VIN, BirthCertificate:
		return i18n.K("eform.hint_" + string(k))
	}
	return i18n.Text{}
}

// typedForm returns a value as it stands in an input: as people write it, or
// as it was typed when it cannot be read.
func typedForm(k *kind, raw string) string {
	text, err := k.canonical(raw)
	if err != nil {
		return raw
	}
	if k.show != nil && text != "" {
		text = strings.ReplaceAll(k.show(text), "\u00a0", " ")
	}
	return text
}

// line says how an input of one line looks.
func (d *drawing) line(sp *spot, f *field, part string) ui.Input {
	k, auto := f.kind, f.kind.auto
	width := f.Width
	if part != "" {
		i := slices.IndexFunc(f.kind.parts, func(p partOf) bool { return p.name == part })
		k, auto = f.parts[i], f.kind.parts[i].auto
	}
	if width == "" {
		width = k.width
	}
	if width == "l" {
		width = ""
	}
	if f.Autocomplete != "" {
		auto = f.Autocomplete
	}
	if sp.group != nil {
		auto = "" // a row is about somebody else: the browser knows the person only
	}
	in := ui.Input{Mode: k.mode, Complete: auto, Width: width}
	switch {
	case f.Kind == Email:
		in.Type = "email"
	case f.Kind == Phone:
		in.Type, in.Pattern = "tel", "phone"
	case f.Kind == Date || part == "on":
		in.Pattern = "date"
	case f.Kind == Money:
		in.Suffix = i18n.K("ui.roubles")
	}
	if d.State.fromProfile(sp, f) {
		in.Mark = i18n.K("ui.from_profile")
	}
	return in
}

// choices returns what can be chosen.
func choices(sp *spot, f *field) (options []ui.Option) {
	if f.Kind == YesNo {
		return []ui.Option{{Value: "yes", Text: i18n.K("eform.yes")}, {Value: "no", Text: i18n.K("eform.no")}}
	}
	if f.Kind == Select {
		options = append(options, ui.Option{Text: i18n.K("eform.choose")})
	}
	for _, o := range sp.offers(f) {
		options = append(options, ui.Option{Value: o.Value, Text: o.Label.Text(), Hint: o.Hint.Text()})
	}
	return options
}

// accept lists the endings of the files that a field takes, for the browser.
func (f *field) accept() string {
	endings := "." + strings.Join(f.Types, ",.")
	return strings.Replace(endings, ".jpg", ".jpg,.jpeg", 1)
}

// files returns what a file field takes and has.
func (d *drawing) files(sp *spot, f *field) (in *web.Field, up ui.Upload, there []Attachment) {
	in = d.input(sp, f, "")
	if in.Hint.IsZero() {
		in.Hint = i18n.K("eform.hint_file", "types", strings.ToUpper(strings.Join(f.Types, ", ")), "n", f.Size)
	}
	_, most := sp.limits(f)
	up = ui.Upload{Accept: f.accept(), To: d.Upload, Max: int64(f.Size) << 20, Multiple: most > 1}
	return in, up, d.State.answers.Files(in.Name)
}

// chooseFrom returns the person's documents that a file field could take.
func (d *drawing) chooseFrom(f *field, there []Attachment) (options []ui.Option) {
	for _, doc := range d.Documents {
		a := attachment(doc)
		taken := slices.ContainsFunc(there, func(t Attachment) bool { return t.ID == a.ID })
		if doc.Usable() == nil && !taken && slices.Contains(f.Types, a.Type) && a.Size <= int64(f.Size)<<20 {
			options = append(options, ui.Option{Value: a.ID, Text: i18n.Words{RU: a.Name, EN: a.Name}.Text()})
		}
	}
	if options != nil {
		options = append([]ui.Option{{Text: i18n.K("eform.choose")}}, options...)
	}
	return options
}

func fileOf(a Attachment) ui.File {
	return ui.File{Name: a.Name, Size: a.Size, Kind: strings.ToUpper(a.Type)}
}

// button returns a button that keeps what is typed and does something besides.
func button(text i18n.Text, icon, value string, about i18n.Text) ui.Action {
	return ui.Action{Text: text, Icon: icon, Variant: ui.Tertiary, Small: true, Name: inputDo, Value: value, About: about}
}

// calculated returns a calculated value for reading, «—» when it cannot be said.
func (d *drawing) calculated(ctx context.Context, sp *spot, f *field) string {
	if text := textOf(sp.value(f), f.As); text != "" {
		return shown(ctx, f.As, text)
	}
	return "—"
}

func revision(n int64) string { return strconv.FormatInt(n, 10) }

// unmarked is line without the mark, which stands once above the parts.
func (d *drawing) unmarked(sp *spot, f *field, part string) ui.Input {
	in := d.line(sp, f, part)
	in.Mark = i18n.Text{}
	return in
}

// removal returns a button that takes something away.
func removal(text i18n.Text, value string, about i18n.Text) ui.Action {
	a := button(text, "trash-2", value, about)
	a.Danger = true
	return a
}

// documentInput is the list of documents to choose from for a file field.
func documentInput(path string) *web.Field {
	return &web.Field{Name: inputUse + path, Label: i18n.K("eform.document")}
}
