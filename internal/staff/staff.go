package staff

import (
	"slices"
	"time"

	"kabinet/internal/platform/fault"
)

// Role is what a member does.
type Role string

// The roles. Supervisor includes Clerk; the others include nobody:
// Administrator works on the portal, not on cases, and who checks papers
// decides nothing else.
const (
	Clerk         Role = "clerk"         // works on the cases of the agency
	Supervisor    Role = "supervisor"    // sees all cases of the agency and moves them between clerks
	Verifier      Role = "verifier"      // looks at papers and decides whether somebody is who they say, for the whole portal
	Operator      Role = "operator"      // sits at a service centre, which is the agency, opposite the person
	Administrator Role = "administrator" // appoints members, looks after services and jobs
)

// Roles are all of them.
var Roles = []Role{Clerk, Supervisor, Verifier, Operator, Administrator}

// Text returns the message key of the role's name.
func (r Role) Text() string { return "staff.role_" + string(r) }

// Portal is the agency of those who run the portal itself.
const Portal = "portal"

var (
	// ErrNoMember is returned for an account that is nobody's member.
	ErrNoMember = fault.New(fault.NotFound, "staff.no_member")
	// ErrRole is returned to a member whose roles do not allow something.
	ErrRole = fault.New(fault.Forbidden, "staff.role_missing")
	// ErrRoles is returned for an appointment without a role or with an unknown one.
	ErrRoles = fault.New(fault.Invalid, "staff.roles_wrong")
	// ErrLast is returned when the last administrator would be dismissed.
	ErrLast = fault.New(fault.Conflict, "staff.last_administrator")
)

// Member is somebody who works at the desk.
type Member struct {
	Account string
	Agency  string // code
	Name    string // as citizens and colleagues read it: «Орлова Т. В.»
	Roles   []Role
	Since   time.Time
}

// May reports whether the member's roles allow what needs role.
func (m Member) May(role Role) bool {
	return slices.Contains(m.Roles, role) || role == Clerk && slices.Contains(m.Roles, Supervisor)
}

// check returns ErrRoles.
func (m Member) check() error {
	if len(m.Roles) == 0 || m.Agency == "" {
		return ErrRoles
	}
	for _, r := range m.Roles {
		if !slices.Contains(Roles, r) {
			return ErrRoles
		}
	}
	return nil
}
