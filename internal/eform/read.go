package eform

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"

	"kabinet/internal/document"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/id"
	"kabinet/internal/platform/web"
)

// Names of the inputs of a step that are no answers.
const (
	inputRev   = "_rev"
	inputTab   = "_tab"
	inputDrawn = "_drawn" // paths of the fields on the page, parted by spaces
	inputLeft  = "_left"  // paths of the inputs that the person has left; only the script sends it
	inputDo    = "_do"
	inputUse   = "_use." // and the path of a file field: the document chosen for it
)

// MaxPost is the body of a posted step in bytes, for the guard of its route:
// the largest answers and ten files.
const MaxPost = 64 << 20

const (
	maxInputs = 5000
	maxTyped  = 20_000 // bytes of one input that are kept as typed
)

// inputs are the values that a browser sent, by the name of the input.
type inputs map[string][]string

func (in inputs) first(name string) string {
	if v := in[name]; len(v) > 0 {
		return v[0]
	}
	return ""
}

// Read reads a posted step of the draft that look looks at. Files that came
// with the form are stored and attached on the way; a file that is refused is a
// Problem at its field and loses nothing else. It returns web.ErrForged, and
// ErrNoDraft and ErrSent when there were files.
func (s *Service) Read(r *http.Request, look *State, d Draft, step string) (Posted, []Problem, error) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		if err := r.ParseForm(); err != nil {
			return Posted{}, nil, web.ErrForged
		}
		return look.c.posted(step, inputs(r.PostForm)), nil, nil
	}
	parts, err := web.Parts(r)
	if err != nil {
		return Posted{}, nil, err
	}
	in, problems, err := s.readParts(r.Context(), parts, look, d, step)
	if err != nil {
		return Posted{}, nil, err
	}
	return look.c.posted(step, in), problems, nil
}

// readParts reads a multipart form as it comes.
func (s *Service) readParts(ctx context.Context, parts *multipart.Reader, look *State, d Draft, step string) (inputs, []Problem, error) {
	in := inputs{}
	var problems []Problem
	for range maxInputs {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return in, problems, nil
		}
		if err != nil {
			return nil, nil, cutOff(err)
		}
		name := part.FormName()
		if _, params, _ := mime.ParseMediaType(part.Header.Get("Content-Disposition")); params["filename"] == "" {
			value, err := io.ReadAll(io.LimitReader(part, maxTyped*4))
			if err != nil {
				return nil, nil, cutOff(err)
			}
			if part.Header.Get("Content-Type") == "" { // a file input that was left empty has a type
				in[name] = append(in[name], string(value))
			}
			continue
		}
		_, err = s.AttachFile(ctx, look, d, name, part.FileName(), part)
		refused := fault.Of(err)
		switch {
		case err == nil:
		case errors.Is(err, ErrNoDraft), errors.Is(err, ErrSent), errors.Is(err, ErrNoField), refused.Kind == fault.Internal:
			return nil, nil, err
		default:
			problems = append(problems, look.refused(step, name, refused))
		}
	}
	return nil, nil, ErrTooMuch
}

// cutOff tells a body that ended too early, or came too slowly, from failures of
// ours.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.Is(err, os.ErrDeadlineExceeded) {
		return document.ErrCutOff
	}
	return err
}

// refused tells at its field why a file was not taken.
func (s *State) refused(step, path string, why *fault.Error) Problem {
	p := Problem{Step: step, Path: path, Field: path, Text: i18n.K(why.Text), Code: why.Text}
	if f, sp, _ := s.find(path); f != nil {
		p.Label, p.Row = f.Label, sp.heading()
		if errors.Is(why, ErrFileSize) {
			p.Text = i18n.K("eform.file_larger", "n", f.Size)
		} else if errors.Is(why, ErrFileType) {
			p.Text = i18n.K("eform.file_other", "types", strings.ToUpper(strings.Join(f.Types, ", ")))
		}
	}
	return p
}

// posted makes answers of what a browser sent: only fields of the step, made
// canonical where they can be read.
func (c *Compiled) posted(step string, in inputs) Posted {
	p := Posted{Step: step, Tab: in.first(inputTab), Values: Answers{}, Do: ParseCommand(in.first(inputDo)),
		Drawn: strings.Fields(in.first(inputDrawn)), Left: strings.Fields(in.first(inputLeft))}
	p.Rev, _ = strconv.ParseInt(in.first(inputRev), 10, 64) // a page without it counts as never drawn
	p.Use = in.first(inputUse + p.Do.Path)
	for path, values := range in {
		f, part := c.field(path)
		if f == nil || f.step.ID.Value != step || part == nil {
			continue
		}
		p.Values[path] = clipped(canonicalOr(part, strings.Join(values, " ")))
	}
	for _, path := range p.Drawn {
		f, part := c.field(path)
		if f == nil || f.step.ID.Value != step || part == nil {
			continue
		}
		if _, sent := in[path]; !sent && (f.kind.choice || f.Kind == YesNo || f.Kind == Checkbox) {
			p.Values[path] = "" // nothing was chosen, so browsers send nothing
		}
	}
	return p
}

// clipped keeps a value that no field takes from filling the database.
func clipped(s string) string {
	if len(s) > maxTyped {
		return strings.ToValidUTF8(s[:maxTyped], "")
	}
	return s
}

// field returns the field that a path of an input names, and the kind of its
// value or part. The kind is nil when nothing can be typed there: a group, a
// file, a calculated value, a whole made of parts.
func (c *Compiled) field(path string) (*field, *kind) {
	known := c.byID
	for {
		id, rest, _ := strings.Cut(path, ".")
		f := known[id]
		switch {
		case f == nil:
			return nil, nil
		case f.Kind == Group:
			key, inside, _ := strings.Cut(rest, ".")
			if key == "" || inside == "" {
				return f, nil
			}
			known, path = f.byID, inside
		case f.kind.parts != nil:
			for i, p := range f.kind.parts {
				if p.name == rest {
					return f, f.parts[i]
				}
			}
			return f, nil
		case rest != "" || f.Kind == File || f.Kind == Info || f.Kind == Calculated:
			return f, nil
		default:
			return f, f.kind
		}
	}
}

// rowsExist reports whether every row that a path goes through is there.
func (c *Compiled) rowsExist(a Answers, path string) bool {
	known, prefix := c.byID, ""
	for {
		id, rest, _ := strings.Cut(path, ".")
		f := known[id]
		if f == nil || f.Kind != Group || rest == "" {
			return f != nil
		}
		key, inside, _ := strings.Cut(rest, ".")
		if !slices.Contains(f.rows(a, prefix+id), key) {
			return false
		}
		if inside == "" {
			return true
		}
		known, prefix, path = f.byID, prefix+id+"."+key+".", inside
	}
}

// within keeps of what was posted the values whose rows are still there, and
// puts down the rows that a group begins with once something is answered in
// them.
func (c *Compiled) within(a Answers, p Posted) Posted {
	kept := Answers{}
	for path, value := range p.Values {
		if c.rowsExist(a, path) {
			kept[path] = value
		}
	}
	for path := range kept {
		c.settle(a, path)
	}
	p.Values = kept
	return p
}

// settle puts down the first rows of the groups that a path goes through.
func (c *Compiled) settle(a Answers, path string) {
	known, prefix := c.byID, ""
	for {
		id, rest, _ := strings.Cut(path, ".")
		f := known[id]
		if f == nil || f.Kind != Group {
			return
		}
		a.put(prefix+id, f.rows(a, prefix+id))
		key, inside, _ := strings.Cut(rest, ".")
		if inside == "" {
			return
		}
		known, prefix, path = f.byID, prefix+id+"."+key+".", inside
	}
}

// obey does what a button asks of rows and files. What is not there any more
// needs no doing.
func (c *Compiled) obey(a Answers, p Posted) {
	do := p.Do
	f, _ := c.field(do.Path)
	if f == nil || f.step.ID.Value != p.Step || !c.rowsExist(a, do.Path) {
		return
	}
	switch {
	case do.Do == "add" && f.Kind == Group:
		c.addRow(a, f, do.Path)
	case do.Do == "copy" && f.Kind == Group && slices.Contains(f.rows(a, do.Path), do.Key):
		key := c.addRow(a, f, do.Path)
		c.copyRow(a, f, do.Path+"."+do.Key+".", do.Path+"."+key+".")
	case do.Do == "remove" && f.Kind == Group:
		c.settle(a, do.Path)
		a.Detach(do.Path, do.Key)
	case do.Do == "drop" && f.Kind == File:
		a.Detach(do.Path, do.Key)
	}
}

// addRow adds an empty row and returns its key, which is random, so that two
// tabs that add a row each add two.
func (c *Compiled) addRow(a Answers, f *field, path string) string {
	keys := f.rows(a, path)
	if len(keys) >= maxRows {
		return ""
	}
	key := "r" + id.Secret()[:7]
	a.put(path, append(keys, key))
	return key
}

// maxRows is how many rows a group can have whatever its definition says.
const maxRows = 100

// copyRow copies the answers of a row into another, files excepted.
func (c *Compiled) copyRow(a Answers, group *field, from, to string) {
	for _, f := range group.fields {
		switch {
		case f.Kind == File:
		case f.Kind == Group:
			if keys, ok := a[from+f.id]; ok {
				a[to+f.id] = keys
			}
			for _, key := range f.rows(a, from+f.id) {
				c.copyRow(a, f, from+f.id+"."+key+".", to+f.id+"."+key+".")
			}
		case f.kind.parts != nil:
			for _, p := range f.kind.parts {
				copyAnswer(a, from+f.id+"."+p.name, to+f.id+"."+p.name)
			}
		default:
			copyAnswer(a, from+f.id, to+f.id)
		}
	}
}

func copyAnswer(a Answers, from, to string) {
	if value, ok := a[from]; ok {
		a[to] = value
	}
}

// Overlay returns the draft's answers with what was typed on this page in the
// places of conflicts, so that the page drawn anew keeps it.
func Overlay(d Draft, conflicts []Conflict) Answers {
	a := d.Answers.Clone()
	for _, c := range conflicts {
		a[c.Path] = c.Mine
	}
	return a
}

// Conflicts tells conflicts at their fields.
func (s *State) Conflicts(step string, conflicts []Conflict) (problems []Problem) {
	for _, c := range conflicts {
		f, part := s.c.field(c.Path)
		if f == nil {
			continue
		}
		_, sp, _ := s.find(c.Path)
		text := i18n.K("eform.conflict_empty")
		if there := s.there(f, part, c.There); !there.IsZero() {
			text = i18n.K("eform.conflict", "there", there)
		}
		path := sp.prefix + f.id
		problems = append(problems, Problem{step, c.Path, path, f.Label, sp.heading(), text, "conflict"})
	}
	return problems
}

// there returns a canonical value as people read it.
func (s *State) there(f *field, k *kind, value string) i18n.Text {
	if o := f.option(value); o != nil {
		return o.Label.Text()
	}
	if (f.Kind == YesNo || f.Kind == Checkbox) && (value == "yes" || value == "no") {
		return i18n.K("eform." + value)
	}
	return i18n.Words{RU: typedForm(k, value), EN: typedForm(k, value)}.Text()
}

// Unseen parts problems into those of fields that were on the posted page and
// those of questions that its answers brought up: they are asked, not blamed.
func Unseen(problems []Problem, drawn []string) (seen, unseen []Problem) {
	for _, p := range problems {
		if slices.Contains(drawn, p.Field) {
			seen = append(seen, p)
		} else {
			unseen = append(unseen, p)
		}
	}
	return seen, unseen
}

// Only returns the problems at some inputs, for the script that checks an
// input after it is left.
func Only(problems []Problem, paths []string) (only []Problem) {
	for _, p := range problems {
		if slices.Contains(paths, p.Path) {
			only = append(only, p)
		}
	}
	return only
}
