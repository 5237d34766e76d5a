set -e
git init -q -b main made
cd made
echo one > one
mkdir d
echo two > d/two
ln -s one link
git add .
git status --short
git commit -q -m "first"
echo more >> one
git diff
git commit -q -a -m "second"
git branch side HEAD~1
git checkout -q side
echo side > s
git add s
git commit -q -m "on the side"
git checkout -q main
git merge -q --no-edit side
git log --format='%h %an %s' --graph
git tag v1
git describe
git stash list
git rm -q d/two
git mv one uno
git status
git clone -q . ../cloned
git -C ../cloned log --oneline
git gc -q
git fsck
