# git over local repositories: clone, branch, push, pull, merge, rebase, stash, worktrees, bundles.
set -e
git init -q --bare central.git
git clone -q repo one
cd one
git remote rename origin seed
git remote add origin ../central.git
git push -q origin main
git checkout -q -b topic
echo more >> f && git commit -q -am "second" && echo new > g && git add g && git commit -q -m "third"
git checkout -q main && echo other > h && git add h && git commit -q -m "fourth"
git merge -q --no-edit topic
git log --oneline --graph | sed 's/[0-9a-f]\{7,\}/COMMIT/'
echo dirty >> f && git stash -q && git status --short && git stash pop -q && git diff --stat
git checkout -q f
git push -q origin main topic
cd ..
git clone -q --depth 1 "file://$PWD/central.git" shallow 2>&1
git -C shallow rev-list --count HEAD
git clone -q central.git two
git -C two worktree add -q ../three origin/topic
git -C three log --format=%s
git -C two tag -a v1 -m "version one" && git -C two describe
git -C two bundle create -q ../all.bundle --all && git bundle verify -q all.bundle 2>&1
git -C two archive --format=tar main | tar tf -
git -C two gc -q && git -C two fsck
git -C two blame -s f | sed 's/^[^)]*)//'
git -C one rebase -q topic main 2>&1 && git -C one log --format=%s
git -C one grep -n more
