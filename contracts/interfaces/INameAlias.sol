// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

/// @title Names for numbers
/// @notice A name is `label.eth`, the label 3 to 32 of a-z, 0-9 and -, not with -- at the third place (the ASCII part
///         of ENSIP-15). One name a number. A name is void when its number changes hands. Where there is ENS, the name
///         must be its number's owner's in ENS too, whenever it is asked for.
interface INameAlias {
    /// @notice The label is not 3 to 32 of a-z, 0-9 and -, or has -- at the third place.
    error InvalidLabel(string label);

    /// @notice Only the owner of `number` may do this. `owner` is zero when nobody holds the number.
    error NotOwner(uint256 number, address caller, address owner);

    /// @notice The name stands for `number` already.
    error NameTaken(string label, uint256 number);

    /// @notice ENS says that the name is `ensOwner`'s, not `caller`'s.
    error NotEnsOwner(string label, address caller, address ensOwner);

    /// @notice The number has no name to release.
    error NoName(uint256 number);

    /// @notice `label` stands for `number`, as long as that stays in `epoch`.
    event NameClaimed(uint256 indexed number, uint64 epoch, string label);

    /// @notice `label` no longer stands for `number`.
    event NameReleased(uint256 indexed number, string label);

    /// @notice Makes `label` the name of `number`, in place of the name that it has. The owner's call.
    function claim(string calldata label, uint256 number) external;

    /// @notice Takes the name of `number` away. The owner's call.
    function release(uint256 number) external;

    /// @notice The number that `label` (without .eth) stands for now, 0 when for none.
    function numberOf(string calldata label) external view returns (uint256);

    /// @notice The name of `number` with .eth, empty when it has none. It stands for the number in `numberOf` too.
    function nameOf(uint256 number) external view returns (string memory);
}
