package audit

import (
	"context"

	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/sqldb"
)

// Options is what a Service needs.
type Options struct {
	DB *sqldb.DB

	// Name tells who an actor other than the reader is: «Петрова И. С., отдел
	// паспортов». "" leaves it at «Сотрудник». nil: nobody is named.
	Name func(ctx context.Context, a Actor, agency string) string
	// Link returns the page about an object, "" when there is none. nil: no
	// object has one.
	Link func(object string) string
	// Texts tells which texts there are, so that a reason without one is not
	// shown as a code.
	Texts *i18n.Catalogue
}

// Service shows people what was done with their data.
type Service struct{ opt Options }

// New returns a Service.
func New(opt Options) *Service { return &Service{opt} }

// name is who did it, "" when that is not known.
func (s *Service) name(ctx context.Context, l *Line) string {
	if s.opt.Name == nil {
		return ""
	}
	return s.opt.Name(ctx, l.Actor, l.Agency)
}

func (s *Service) link(object string) string {
	if s.opt.Link == nil || object == "" {
		return ""
	}
	return s.opt.Link(object)
}
