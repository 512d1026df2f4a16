package proofing

import (
	"kabinet/internal/person"
	"kabinet/internal/platform/i18n"
	"kabinet/internal/platform/web"
)

// changePage asks for new values of a verified part and papers that show them.
type changePage struct {
	Part   person.Part
	Known  person.Person
	Form   *person.DataForm
	Papers papersForm
}

func (p changePage) title() i18n.Text {
	return i18n.K("proofing.change_title", "part", i18n.K("person.part_"+string(p.Part)))
}

func (p changePage) fields() []*web.Field {
	return append(p.Form.Fields(), &p.Papers.File, &p.Papers.Comment)
}
