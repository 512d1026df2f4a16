package eform

import (
	"context"
	"errors"
	"net/http"

	"kabinet/internal/document"
	"kabinet/internal/platform/fault"
	"kabinet/internal/platform/i18n"
)

// Review is where Turn.Go leads after the last step: to the page on which the
// answers are looked over before sending.
const Review = "_review"

// Turn is what came of a posted step.
type Turn struct {
	Draft    Draft // as saved
	State    *State
	Do       string    // what was asked: see Command
	Tab      string    // for View.Tab
	Problems []Problem // to show on the step drawn anew
	New      bool      // the answers brought up questions that were not on the page
	// Go is where to go on: the next step or Review after "next" when all is
	// right, the same step after another button. "" draws the step anew: with
	// 422 for a person, with 200 as a part of the page for "check".
	Go string
}

// Take does all that a posted step asks for: it reads and saves it with its
// files, changes rows, checks when the person wants to go on, and says what
// comes next. Nothing typed is lost whatever is wrong with it. It returns
// ErrNoDraft, ErrSent, ErrNoField for a step that is not asked, ErrTooMuch and
// web.ErrForged.
func (s *Service) Take(r *http.Request, d Draft, step string, c *Compiled, env Env) (Turn, error) {
	look := c.State(d.Answers, env)
	if look.Step(step) == nil {
		return Turn{}, ErrNoField
	}
	p, problems, err := s.Read(r, look, d, step)
	if err != nil {
		return Turn{}, err
	}
	saved, conflicts, err := s.Save(r.Context(), d.Account, d.ID, c, p)
	if err != nil {
		return Turn{}, err
	}
	if p.Do.Do == "use" && p.Use != "" {
		if saved, problems, err = s.use(r.Context(), c, env, saved, p, problems); err != nil {
			return Turn{}, err
		}
	}
	t := Turn{Draft: saved, Do: p.Do.Do, Tab: p.Tab, State: c.State(Overlay(saved, conflicts), env)}
	t.Problems = append(problems, t.State.Conflicts(step, conflicts)...)
	switch p.Do.Do {
	case "check":
		t.Problems = append(t.Problems, Only(t.State.Check(step), p.Left)...)
	case "next":
		err = s.goOn(r.Context(), &t, p)
	default:
		if len(t.Problems) == 0 {
			t.Go = step
		}
	}
	return t, err
}

// use attaches a document that was chosen.
func (s *Service) use(ctx context.Context, c *Compiled, env Env, d Draft, p Posted, problems []Problem) (Draft, []Problem, error) {
	look := c.State(d.Answers, env)
	_, err := s.UseFile(ctx, look, d, p.Do.Path, p.Use)
	switch known := fault.Of(err); {
	case err == nil:
	case errors.Is(err, ErrFileType), errors.Is(err, ErrFileSize), errors.Is(err, ErrFileCount), errors.Is(err, document.ErrFlawed), errors.Is(err, document.ErrNone):
		return d, append(problems, look.refused(p.Step, p.Do.Path, known)), nil
	default:
		return d, problems, err
	}
	d, err = s.Draft(ctx, d.Account, d.ID)
	return d, problems, err
}

// goOn checks the step and notes the next one.
func (s *Service) goOn(ctx context.Context, t *Turn, p Posted) error {
	told := len(t.Problems) > 0
	seen, unseen := Unseen(t.State.Check(p.Step), p.Drawn)
	t.Problems = append(t.Problems, without(seen, t.Problems)...)
	t.New = len(unseen) > 0
	if len(t.Problems) > 0 || told || t.New {
		return nil
	}
	t.Go = Review
	if next := t.State.Way(p.Step).Next; next != "" {
		t.Go = next
	}
	return s.GoTo(ctx, t.Draft.Account, t.Draft.ID, t.Go)
}

// without leaves out problems at inputs about which something is said already.
func without(problems, said []Problem) (left []Problem) {
	at := map[string]bool{}
	for _, p := range said {
		at[p.Path] = true
	}
	for _, p := range problems {
		if !at[p.Path] {
			left = append(left, p)
		}
	}
	return left
}

// Saved says when the draft was saved, for ui.SavedNote and as the answer to
// autosaving.
func Saved(ctx context.Context, d Draft) i18n.Text {
	return i18n.K("eform.saved", "time", i18n.Clock(ctx, d.Updated))
}
