"""`mfa-session keys import`: move long-term keys out of plain files and other programs' hands."""

from typing import Annotated

import typer

from mfa_session.aws.iam import IAM
from mfa_session.aws.sts import STS
from mfa_session.cli import output
from mfa_session.cli.context import AppContext
from mfa_session.cli.import_sources import ImportSource, find, find_all
from mfa_session.cli.key_options import (
    OriginOption,
    StoreOption,
    check_no_key_in_the_file,
    check_no_rotation_is_open,
    forget_in_other_store,
    new_holder,
    other_copies,
    replaced_key,
    session_at_hand,
    store_options,
    stored_key,
)
from mfa_session.cli.options import ProfileOption
from mfa_session.cli.output import write_json, write_stderr
from mfa_session.errors import (
    AccessKeyNotFoundError,
    ConfigurationError,
    MFASessionError,
    PromptCancelledError,
    UsageError,
    hint_command,
)
from mfa_session.keys.add import prove
from mfa_session.keys.move import import_key
from mfa_session.keystore.stores import KeyStore
from mfa_session.model.credentials import AccessKey
from mfa_session.model.profile import Profile
from mfa_session.text import escape_control

# The rest is imported where it is needed: every other command reads this module too.

EXAMPLE = "Example: mfa-session keys import --profile test-user --dry-run"


def import_(
    context: typer.Context,
    profile: ProfileOption = None,
    every: Annotated[bool, typer.Option("--all", help="Every long-term key that is found there.")] = False,
    origin: OriginOption = None,
    store: StoreOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be done.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace another key in the store.")] = False,
    replace: Annotated[bool, typer.Option("--replace", hidden=True)] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Move a long-term key from a plain file into the store.

    AWS is asked whose key it is; it is stored and read back, and only then deleted where
    it was. The profile gets a credential_process line: what worked with --profile NAME
    goes on working, now with MFA. Cut short anywhere, the same command does what is left.
    """
    app: AppContext = context.obj
    work = _Import(app, store=store, replace=force or replace, dry_run=dry_run, as_json=as_json)
    if every and profile:
        raise UsageError("--all and --profile contradict each other", hint="give one of them")
    if every:
        failure = _import_all(work, app, origin)
    else:
        failure = None
        _import_one(work, app, new_holder(app, profile), origin)
    work.tell_of_copies()
    if as_json:
        write_json(keys=work.records)
    if failure is not None:
        raise typer.Exit(output.exit_code(failure))


def _import_one(work: "_Import", app: AppContext, profile: Profile, origin: str | None) -> None:
    try:
        place = find(app, profile, wanted=origin)
    except AccessKeyNotFoundError:
        if origin is None and profile.store is not None:
            where = app.access_keys.store(profile.store).description
            work.tell(f"the key of {profile.name} is in {where} already")
            return
        raise
    work.import_from(profile, place)


def _import_all(work: "_Import", app: AppContext, origin: str | None) -> MFASessionError | None:
    """Import what can be; what cannot is told of, and the first of it decides how the command ends."""
    failure = None
    found = list(find_all(app, wanted=origin))
    for name, place in found:
        try:
            work.import_from(new_holder(app, name), place)
        except PromptCancelledError:
            raise
        except MFASessionError as error:
            work.report(name, error)
            failure = failure or error
    if not found:
        work.tell("no long-term key was found there")
    return failure


class _Import:
    """The import of any number of keys into one store, which is chosen, and asked to open, once."""

    def __init__(self, app: AppContext, *, store: str | None, replace: bool, dry_run: bool, as_json: bool) -> None:
        self._app = app
        self._wanted = store
        self._replace = replace
        self._dry_run = dry_run
        self._as_json = as_json
        self.records: list[dict[str, object]] = []
        self._chosen: dict[str | None, KeyStore] = {}
        self._proofs: dict[AccessKey, AccessKey] = {}
        self._moved: list[tuple[AccessKey, Profile, KeyStore]] = []

    def import_from(self, profile: Profile, source: "ImportSource") -> None:
        """Import the key of *profile*, or tell what would be done."""
        key = source.get(profile.name)
        if key is None:
            return  # another process has just removed it
        settings = self._app.settings
        settings.check_can_answer(profile)
        source.check_can_remove(profile.name)
        if source is not self._app.plain_keys:
            check_no_key_in_the_file(self._app, profile)
        check_no_rotation_is_open(self._app, profile)
        self.tell(f"{profile.name}: {key.masked_id} lies in {source.description}")
        if self._dry_run:
            self._tell_what_would_be_done(profile, source)
            self._record(profile, key, store=None)
            return
        proven = self._proven(profile, key)
        store = self._store_for(profile)
        with self._app.lock(profile):
            self._refuse_to_replace_another(profile, proven)
            device = source.device(profile.name)
            if device is not None and profile.mfa_device is None:
                settings.remember_device(profile, device)
            if replaced := replaced_key(store, profile, proven):
                self.tell(f"it is to replace {replaced}, which {store.description} has for the profile")
            import_key(
                profile, proven, store=store, source=source, settings=settings, replace=self._replace, tell=self.tell
            )
            forget_in_other_store(self._app, profile, chosen=store)
        self._moved.append((proven, profile, store))
        self._record(profile, proven, store=store.name)
        self.tell(f"try it: aws sts get-caller-identity --profile {profile.name}")

    def tell(self, text: str) -> None:
        """Write a line of progress, but not beside JSON."""
        if not self._as_json:
            _tell(text)

    def report(self, name: str, error: MFASessionError) -> None:
        """Print why the key of profile *name* is not imported."""
        output.report(error, about=f"profile {name}", as_json=self._as_json)

    def _record(self, profile: Profile, key: AccessKey, *, store: str | None) -> None:
        self.records.append({"profile": profile.name, "access_key_id": key.masked_id, "store": store})

    def tell_of_copies(self) -> None:
        """Tell who else has a key that was moved; another store is not opened for that."""
        told = set()
        for key, profile, store in self._moved:
            for copy in other_copies(self._app, [key.access_key_id], besides=profile, store=store, stores=[store.name]):
                if copy in told:
                    continue
                told.add(copy)
                if copy.is_stored:
                    self.tell(f"{copy.in_words()} has the same key, {copy.masked_id}; to rotate one is to rotate both")
                else:
                    self.tell(f"the same key, {copy.masked_id}, is still that of {copy.in_words()}")
                    self.tell(f"hint: move it, too: {copy.how_to_store()}")

    def _proven(self, profile: Profile, key: AccessKey) -> AccessKey:
        if key in self._proofs:
            return self._proofs[key]
        transport = self._app.transport(profile)
        proof = prove(key, sts=STS(transport), iam=IAM(transport), session=session_at_hand(self._app, profile))
        self.tell(f"AWS accepts it: {proof.owner.arn}")
        self._proofs[key] = proof.key
        return proof.key

    def _store_for(self, profile: Profile) -> KeyStore:
        wanted = self._wanted or profile.store
        if wanted not in self._chosen:
            user = self._app.user(hint_command("keys import", *store_options(self._wanted), profile=profile.name))
            self._chosen[wanted] = self._app.choose_store(user, wanted=wanted)
        return self._chosen[wanted]

    def _refuse_to_replace_another(self, profile: Profile, key: AccessKey) -> None:
        if self._replace:
            return
        stored = stored_key(self._app, profile)
        if stored is not None and stored.access_key_id != key.access_key_id:
            raise ConfigurationError(
                f"the store has another key for profile {profile.name}, {stored.masked_id}",
                hint="to replace it: --force",
            )

    def _tell_what_would_be_done(self, profile: Profile, source: "ImportSource") -> None:
        wanted = self._wanted or profile.store or self._app.environ.get("MFA_SESSION_STORE")
        store = self._app.access_keys.store(wanted).description if wanted else "the best store that there is"
        self.tell("would ask AWS whose it is")
        self.tell(f"would store it in {store}, and read it back")
        self.tell(f"would let profile {profile.name} ask mfa-session for its keys: credential_process")
        self.tell(
            f"would leave this to you: {left}"
            if (left := source.manual_steps(profile.name))
            else "would delete it there"
        )


def _tell(step: str) -> None:
    write_stderr(f"mfa-session: {escape_control(step)}")
